import { providerBackoff } from './backoff.ts';
import type { ExactJson } from './exact-json.ts';
import { createExchangeFeed, type ExchangeOptions } from './exchange-feed.ts';
import { fieldsOf, readOrder, textOf, type ExchangeEvent, type ExchangeTimings } from './exchange-protocol.ts';
import type { Feed } from './feed.ts';
import { tokenSources } from './token-sources.ts';

const usualTimings: ExchangeTimings = {
  backoff: providerBackoff,
  // 300 connections in 5 minutes are allowed, and a ban follows.
  connectGapMs: 1_250,
  handshakeMs: 10_000,
  // Binance pings every 20 s only. Of us it takes 5 messages a second, pings and pongs included.
  pingEveryMs: 1_000,
  idleMs: 5_000,
  aliveEveryMs: 1_000,
  aliveWithinMs: 2_500,
  // A pong comes from the server in front; the stream behind it tells every change of price and quantity, so many a minute.
  quietMs: 60_000,
  // It ends every connection after 24 hours.
  replaceAfterMs: 23 * 3_600_000,
  lingerMs: 2_000,
  resubscribeMs: 60_000,
};

/** A dollar coin is taken as a dollar: what it is off by is a part of the source's basis, which consensus learns. */
const marketPattern = /^([A-Z0-9]{2,10}?)(USDT|USDC|FDUSD)$/;

/**
 * The best bid and ask of gold tokens at Binance (spot), by its `bookTicker` stream: every change in real time, without a
 * time of its own, so that a quote's time is that of its arrival. There is no first answer: a market is known with its first
 * change. Document: developers.binance.com, "WebSocket Streams for Binance".
 * @param options.markets for example PAXGUSDT, source `binance-paxg`; one in another coin than USDT has it in its name
 * @throws Error for a market that is not quoted in a dollar coin
 */
export function createBinance(options: ExchangeOptions): Feed {
  const streams = options.markets.map((market) => `${market.toLowerCase()}@bookTicker`).join('/');
  return createExchangeFeed({
    ...options,
    name: 'binance',
    sources: tokenSources(
      options.markets.map((market) => ({ market, name: sourceName(market) })),
      { weight: options.weight, freshForMs: 5_000 },
    ),
    protocol: {
      url: `${options.url.replace(/\/+$/, '')}/stream?streams=${streams}`,
      subscriptions: () => [],
      read,
    },
    timings: { ...usualTimings, ...options.timings },
  });
}

function sourceName(market: string): string {
  const [, token, coin] = marketPattern.exec(market) ?? [];
  if (!token || !coin) throw new Error(`Binance's market ${market} is not quoted in USDT, USDC or FDUSD`);
  return `binance-${token}${coin === 'USDT' ? '' : `-${coin}`}`.toLowerCase();
}

/** Combined streams wrap what they say in `data`, events of the connection itself are wrapped in `event` or not at all. */
function read(message: ExactJson): ExchangeEvent[] {
  const { data, event } = fieldsOf(message);
  const payload = fieldsOf(data ?? event ?? message);
  if (payload['e'] === 'serverShutdown') return [{ kind: 'leaving' }];
  if (payload['u'] === undefined) return [];
  return [
    {
      kind: 'book',
      market: textOf(payload['s']),
      bid: textOf(payload['b']),
      ask: textOf(payload['a']),
      time: undefined,
      order: readOrder(payload['u'], 'u'),
    },
  ];
}
