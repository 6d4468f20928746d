import { Decimal } from '#shared/decimal.ts';
import type { Logger } from '#shared/logger.ts';
import { parseExactJson } from './exact-json.ts';
import type { ExchangeEvent, ExchangeProtocol, ExchangeTimings } from './exchange-protocol.ts';
import { openExchangeSocket, type SocketEnd } from './exchange-socket.ts';
import { ProviderProblem, readPrice } from './provider-answer.ts';

export type ExchangeBook = Extract<ExchangeEvent, { kind: 'book' }>;

export type ExchangeConnection = {
  isOpen(): boolean;
  /** Markets whose last quote holds now: it came here, and a change of it would have come here too. */
  confirmedMarkets(): string[];
  /** Takes over the quotes of a connection that was alive until now, beside which this one has missed nothing. */
  adopt(older: ExchangeConnection): void;
  /** The last quote of a market holds no more. */
  forget(market: string): void;
  /** By market: why the exchange does not give it. */
  refused: ReadonlyMap<string, string>;
  /** Ends it; nothing is told any more. */
  close(): Promise<void>;
};

/** What a connection tells; `onEnd` comes once and last. */
export type ConnectionListener = {
  onOpen(): void;
  /** A bid below an ask; of each market in the order of the exchange. */
  onBook(book: ExchangeBook): void;
  /** A market has no bid or no ask, or a bid that is not below the ask: its last quote holds no more. */
  onUnusableBook(market: string): void;
  onUnreadable(): void;
  /** It is going to end and is to be replaced. */
  onLeaving(): void;
  onEnd(end: SocketEnd): void;
};

/** One connection that speaks an exchange's protocol: subscribes, reads, and knows which of its quotes still hold. */
export function openExchangeConnection(options: {
  protocol: ExchangeProtocol;
  markets: readonly string[];
  timings: ExchangeTimings;
  clock: () => number;
  logger: Logger;
  listener: ConnectionListener;
}): ExchangeConnection {
  const { protocol, markets, timings, logger, listener } = options;
  const holding = new Set<string>();
  const orders = new Map<string, bigint>();
  const refused = new Map<string, string>();
  const timers: NodeJS.Timeout[] = [];
  let quiet: NodeJS.Timeout | undefined;
  const seen = new Set<string>();
  let isOpen = false;

  const subscribe = (wanted: readonly string[]) => protocol.subscriptions(wanted).forEach((text) => socket.send(text));

  const socket = openExchangeSocket({
    url: protocol.url,
    timings,
    clock: options.clock,
    onOpen() {
      isOpen = true;
      subscribe(markets);
      const { quietMs, replaceAfterMs, resubscribeMs } = timings;
      if (quietMs !== undefined) {
        quiet = setTimeout(() => socket.fail(`no quote for ${quietMs} ms`), quietMs);
        timers.push(quiet);
      }
      if (replaceAfterMs !== undefined) timers.push(setTimeout(() => listener.onLeaving(), replaceAfterMs));
      timers.push(setInterval(() => refused.size > 0 && subscribe([...refused.keys()]), resubscribeMs));
      listener.onOpen();
    },
    onMessage: take,
    onEnd(end) {
      leave();
      listener.onEnd(end);
    },
  });

  function leave(): void {
    isOpen = false;
    timers.forEach((timer) => clearTimeout(timer));
  }

  function take(text: string): boolean {
    let events: ExchangeEvent[];
    try {
      events = protocol.read(parseExactJson(text));
    } catch (err) {
      note('an exchange sent what cannot be read', { err, message: text.slice(0, 200) });
      listener.onUnreadable();
      return false;
    }
    for (const event of events) {
      if (event.kind === 'book') takeBook(event);
      else if (event.kind === 'refused') takeRefusal(event);
      else if (event.kind === 'leaving') listener.onLeaving();
    }
    return events.length > 0;
  }

  function takeBook(book: ExchangeBook): void {
    const { market, order, bid, ask } = book;
    if (!markets.includes(market)) return note('an exchange quotes what was not asked for', { market });
    if (order !== undefined) {
      if (order <= (orders.get(market) ?? -1n)) return note('an exchange sent an old quote', { market, bid, ask });
      orders.set(market, order);
    }
    refused.delete(market);
    const usable = usableBook(book);
    if (!usable) {
      note('left out a book without a bid below an ask', { market, bid, ask });
      return listener.onUnusableBook(market);
    }
    holding.add(market);
    quiet?.refresh();
    listener.onBook(usable);
  }

  /** The first of its kind on a connection is for operators; there can be many a second. */
  function note(message: string, details: object): void {
    logger[seen.has(message) ? 'debug' : 'warn'](details, message);
    seen.add(message);
  }

  /** The other markets go on where it is about one of them. */
  function takeRefusal({ market, reason }: Extract<ExchangeEvent, { kind: 'refused' }>): void {
    if (market === undefined || !markets.includes(market)) return socket.fail(reason);
    if (refused.get(market) !== reason) logger.warn({ market, reason }, 'the exchange refuses a market');
    refused.set(market, reason);
    holding.delete(market);
    if (refused.size === markets.length) socket.fail(`every market refused: ${reason}`);
  }

  return {
    isOpen: () => isOpen,
    confirmedMarkets: () =>
      isOpen && timings.aliveWithinMs !== undefined && socket.silentMs() <= timings.aliveWithinMs ? [...holding] : [],
    adopt: (older) => older.confirmedMarkets().forEach((market) => holding.add(market)),
    forget: (market) => holding.delete(market),
    refused,
    close() {
      leave();
      return socket.close();
    },
  };
}

/** With prices that can be published; `undefined` where a side is missing or the bid is not below the ask. */
function usableBook(book: ExchangeBook): ExchangeBook | undefined {
  try {
    const [bid, ask] = [readPrice(book.bid, 'bid'), readPrice(book.ask, 'ask')];
    return new Decimal(bid).lt(ask) ? { ...book, bid, ask } : undefined;
  } catch (error) {
    if (error instanceof ProviderProblem) return undefined;
    throw error;
  }
}
