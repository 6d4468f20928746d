import type { Logger } from '#shared/logger.ts';
import { waitAfterFailure } from './backoff.ts';
import { openExchangeConnection, type ExchangeBook, type ExchangeConnection } from './exchange-connection.ts';
import type { ExchangeProtocol, ExchangeTimings } from './exchange-protocol.ts';
import type { SocketEnd } from './exchange-socket.ts';
import type { Feed, FeedReceiver, FeedSource } from './feed.ts';

/** What every adapter of an exchange is made of. */
export type ExchangeOptions = {
  /** Where the exchange is: ws or wss. */
  url: string;
  /** As the exchange calls them. */
  markets: readonly string[];
  /** How much each of its sources counts beside others. */
  weight: number;
  clock: () => number;
  /** Numbers in [0, 1). */
  random: () => number;
  logger: Logger;
  /** Tests are faster. */
  timings?: Partial<ExchangeTimings>;
};

/**
 * An exchange that tells the best bid and ask over a WebSocket. A connection that is lost is made anew, ever less often while
 * that fails and soon again after one that brought a quote; one that is going to end is replaced while it still delivers,
 * and what both say is delivered once. The feed goes on until it is stopped.
 * @param options.sources by market
 */
export function createExchangeFeed(options: {
  name: string;
  sources: ReadonlyMap<string, FeedSource>;
  protocol: ExchangeProtocol;
  timings: ExchangeTimings;
  clock: () => number;
  random: () => number;
  logger: Logger;
}): Feed {
  const { name, sources, protocol, timings, clock, random } = options;
  const logger = options.logger.child({ feed: name });
  let receiver: FeedReceiver | undefined;
  /** One, or two while the second is to replace the first. */
  let connections: ExchangeConnection[] = [];
  /** Those that have brought a quote. */
  const proven = new WeakSet<ExchangeConnection>();
  const leaving = new WeakSet<ExchangeConnection>();
  /** By market: the number of what was delivered last, by which both connections are read as one. */
  let delivered = new Map<string, bigint>();
  let [unusableBooks, unreadableMessages] = [0, 0];
  let failures = 0;
  let loss: string | undefined;
  let lastQuoteAt: number | undefined;
  let begunAt = Number.NEGATIVE_INFINITY;
  let attempt: { timer: NodeJS.Timeout; at: number } | undefined;
  let handover: NodeJS.Timeout | undefined;
  let confirming: NodeJS.Timeout | undefined;
  let isStopped = false;
  const closing = new Set<Promise<void>>();

  function connectIn(waitMs: number): void {
    if (isStopped || attempt) return;
    const delayMs = Math.max(waitMs, begunAt + timings.connectGapMs - performance.now(), 0);
    attempt = { timer: setTimeout(connect, delayMs), at: clock() + delayMs };
  }

  function connect(): void {
    attempt = undefined;
    begunAt = performance.now();
    // Without another connection there is nothing to be said twice, and the exchange may have begun to count anew.
    if (connections.length === 0) delivered = new Map();
    const connection = openExchangeConnection({
      protocol,
      markets: [...sources.keys()],
      timings,
      clock,
      logger,
      listener: {
        onOpen: () => logger.info('connected to an exchange'),
        onBook: (book) => deliver(connection, book),
        onUnusableBook: dismiss,
        onUnreadable: () => (unreadableMessages += 1),
        onLeaving() {
          leaving.add(connection);
          renew();
        },
        onEnd: (end) => lose(connection, end),
      },
    });
    connections.push(connection);
  }

  function deliver(connection: ExchangeConnection, { market, bid, ask, time, order }: ExchangeBook): void {
    if (!proven.has(connection)) prove(connection);
    if (order !== undefined) {
      if (order <= (delivered.get(market) ?? -1n)) return;
      delivered.set(market, order);
    }
    lastQuoteAt = clock();
    const { name: source, symbol } = sources.get(market)!;
    receiver!.onQuotes([{ source, symbol, bid, ask, time: time ?? lastQuoteAt }]);
  }

  function prove(connection: ExchangeConnection): void {
    proven.add(connection);
    if (failures > 0) logger.info({ failures }, 'an exchange gives quotes again');
    failures = 0;
    loss = undefined;
    const [older] = connections;
    if (older && older !== connection) handover = setTimeout(() => handOver(older, connection), timings.lingerMs);
  }

  function handOver(older: ExchangeConnection, newer: ExchangeConnection): void {
    newer.adopt(older);
    connections = [newer];
    close(older);
    logger.info('replaced the connection to an exchange');
    settle();
  }

  /** One connection is left, whose own order is enough. */
  function settle(): void {
    delivered = new Map();
    renew();
  }

  /** Of two the second is the successor already. */
  function renew(): void {
    if (connections.length === 1 && leaving.has(connections[0]!)) connectIn(0);
  }

  function dismiss(market: string): void {
    unusableBooks += 1;
    for (const connection of connections) connection.forget(market);
  }

  function lose(connection: ExchangeConnection, { reason, leastWaitMs, isForOperator }: SocketEnd): void {
    const hasSuccessor = connection !== connections.at(-1);
    clearTimeout(handover);
    connections = connections.filter((each) => each !== connection);
    if (hasSuccessor) {
      handover = setTimeout(settle, timings.lingerMs);
      return logger.info({ reason }, 'an exchange ended a connection that was being replaced');
    }
    failures += 1;
    connectIn(Math.max(waitAfterFailure(timings.backoff, failures, random()), leastWaitMs));
    const level = reason === loss ? 'debug' : isForOperator ? 'error' : 'warn';
    logger[level]({ reason, failures, nextAttemptAt: attemptAt() }, 'lost the connection to an exchange');
    loss = reason;
  }

  const attemptAt = () => attempt && new Date(attempt.at).toISOString();

  function close(connection: ExchangeConnection): void {
    const closed = connection.close().finally(() => closing.delete(closed));
    closing.add(closed);
  }

  return {
    name,
    sources: [...sources.values()],
    async start(to) {
      receiver = to;
      connectIn(0);
      confirming = setInterval(() => {
        const markets = new Set(connections.flatMap((connection) => connection.confirmedMarkets()));
        for (const market of markets) to.onAlive(sources.get(market)!.name);
      }, timings.aliveEveryMs);
    },
    async stop() {
      isStopped = true;
      clearTimeout(attempt?.timer);
      clearTimeout(handover);
      clearInterval(confirming);
      connections.forEach(close);
      connections = [];
      await Promise.all(closing);
    },
    health() {
      const ok = connections.some((connection) => connection.isOpen());
      const refused = connections.flatMap((connection) => [...connection.refused]);
      const isProven = connections.some((connection) => proven.has(connection));
      const details = [
        isProven ? 'quotes come' : ok ? 'connected, no quote yet' : 'not connected',
        ...(loss === undefined ? [] : [`last failure: ${loss}`]),
        ...(attempt ? [`next attempt at ${attemptAt()}`] : []),
        ...refused.map(([market, reason]) => `${market} is refused: ${reason}`),
        ...(unusableBooks > 0 ? [`${unusableBooks} books without a bid below an ask`] : []),
        ...(unreadableMessages > 0 ? [`${unreadableMessages} unreadable messages`] : []),
      ];
      return { ok, detail: details.join('; '), lastQuoteAt };
    },
  };
}
