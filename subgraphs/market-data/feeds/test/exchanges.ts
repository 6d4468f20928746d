import { serveExchange, type ExchangeServer } from './exchange-server.ts';

/** What a market shows: prices as the exchange writes them. */
export type Book = { bid: string; ask: string };

type Subscribe = { method?: string; params?: { symbol: string[] }; type?: string; product_ids?: string[] };

/** Binance's combined streams: nothing but changes, with numbers that rise. */
export async function serveBinance(): Promise<
  ExchangeServer & { tell(market: string, order: number, book: Book): void }
> {
  const server = await serveExchange();
  return {
    ...server,
    tell(market, order, book) {
      for (const connection of server.connections.filter((each) => each.isOpen()))
        connection.send(bookTicker(market, order, book));
    },
  };
}

/** As in the document of Binance, with its wrapping. */
export function bookTicker(market: string, order: number, { bid, ask }: Book): object {
  return {
    stream: `${market.toLowerCase()}@bookTicker`,
    data: { u: order, s: market, b: bid, B: '31.21000000', a: ask, A: '40.66000000' },
  };
}

/**
 * Kraken's WebSocket v2: a status, an acknowledgement and a snapshot for each market that it has, a refusal for any other,
 * and heartbeats. `timestamp` is text as it is sent.
 */
export async function serveKraken(options: {
  books: Map<string, Book & { timestamp?: string }>;
  system?: () => string;
}): Promise<ExchangeServer> {
  return serveExchange((connection) => {
    connection.send({
      channel: 'status',
      type: 'update',
      data: [{ api_version: 'v2', connection_id: 1, system: options.system?.() ?? 'online', version: '2.0.0' }],
    });
    const heartbeat = setInterval(() => {
      if (!connection.isOpen()) clearInterval(heartbeat);
      else if (connection.received.length > 0) connection.send({ channel: 'heartbeat' });
    }, 10);
    heartbeat.unref();
    return (message) => {
      for (const symbol of (message as Subscribe).params?.symbol ?? []) {
        const book = options.books.get(symbol);
        if (!book) {
          connection.send({
            error: `Currency pair not supported ${symbol}`,
            method: 'subscribe',
            success: false,
            symbol,
            time_in: '2023-09-25T09:04:31.742599Z',
            time_out: '2023-09-25T09:04:31.742648Z',
          });
          continue;
        }
        const result = { channel: 'ticker', event_trigger: 'bbo', snapshot: true, symbol };
        connection.send({ method: 'subscribe', result, success: true });
        connection.send(krakenTicker('snapshot', symbol, book));
      }
    };
  });
}

/** As text, because its prices are JSON numbers whose zeros count. */
export function krakenTicker(type: string, symbol: string, book: Book & { timestamp?: string }): string {
  const time = book.timestamp === undefined ? '' : `,"timestamp":"${book.timestamp}"`;
  return (
    `{"channel":"ticker","type":"${type}","data":[{"symbol":"${symbol}","bid":${book.bid},"bid_qty":1.5,` +
    `"ask":${book.ask},"ask_qty":0.75,"last":${book.bid},"volume":12.5,"vwap":4000.1,"low":3990,"high":4010${time}}]}`
  );
}

/** Coinbase Exchange: the last trade's ticker first, heartbeats, a refusal for a market that it does not have. */
export async function serveCoinbase(options: {
  tickers: Map<string, Book & { sequence: number; time: string }>;
  subscribeWithinMs: number;
}): Promise<ExchangeServer> {
  return serveExchange((connection) => {
    const subscribed = new Set<string>();
    const late = setTimeout(() => connection.close(1008, 'no subscription'), options.subscribeWithinMs);
    late.unref();
    const heartbeat = setInterval(() => {
      if (!connection.isOpen()) clearInterval(heartbeat);
      for (const product_id of subscribed)
        connection.send({
          type: 'heartbeat',
          sequence: 90,
          last_trade_id: 20,
          product_id,
          time: new Date().toISOString(),
        });
    }, 10);
    heartbeat.unref();
    return (message) => {
      clearTimeout(late);
      for (const market of (message as Subscribe).product_ids ?? []) {
        const ticker = options.tickers.get(market);
        if (!ticker) {
          const reason = `${market} is not a valid product`;
          connection.send({ type: 'error', message: 'Failed to subscribe', reason });
          continue;
        }
        subscribed.add(market);
        const product_ids = [...subscribed];
        const channels = ['ticker', 'heartbeat'].map((name) => ({ name, product_ids }));
        connection.send({ type: 'subscriptions', channels });
        connection.send(coinbaseTicker(market, ticker));
      }
    };
  });
}

/** As in the document of Coinbase. */
export function coinbaseTicker(
  market: string,
  { bid, ask, ...rest }: Book & { sequence: number; time?: string },
): object {
  return {
    type: 'ticker',
    trade_id: 20153558,
    product_id: market,
    price: bid,
    side: 'buy',
    last_size: '0.03000000',
    best_bid: bid,
    best_ask: ask,
    ...rest,
  };
}
