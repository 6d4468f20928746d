import { providerBackoff } from './backoff.ts';
import type { ExactJson } from './exact-json.ts';
import { createExchangeFeed, type ExchangeOptions } from './exchange-feed.ts';
import { fieldsOf, textOf, type ExchangeEvent, type ExchangeTimings } from './exchange-protocol.ts';
import type { Feed } from './feed.ts';
import { readTime, unusable } from './provider-answer.ts';
import { tokenSources } from './token-sources.ts';

const usualTimings: ExchangeTimings = {
  backoff: providerBackoff,
  // About 150 connections in 10 minutes are tolerated.
  connectGapMs: 5_000,
  handshakeMs: 10_000,
  // Where nothing else is said there is a heartbeat about every second; 5 s without any is what Kraken advises to act on.
  pingEveryMs: undefined,
  idleMs: 5_000,
  aliveEveryMs: 1_000,
  aliveWithinMs: 2_500,
  quietMs: 300_000,
  // No longest duration of a connection is documented.
  replaceAfterMs: undefined,
  lingerMs: 2_000,
  resubscribeMs: 60_000,
};

/**
 * A first answer says what holds now, though it may be dated by the last change, long ago. It counts as no older than clocks
 * may differ; it is not dated now, because the changes that follow would seem older where the exchange's clock is behind ours.
 */
const clockDifferenceMs = 5_000;

/**
 * The best bid and ask of gold tokens at Kraken, by the `ticker` channel of its WebSocket v2: the present ones first, then
 * every change of price (`event_trigger: bbo`; by default only trades are told). Prices are JSON numbers, taken as their
 * source text. Whenever its engine is not `online`, and so matches no orders, it counts as refused.
 * Document: docs.kraken.com, "Spot WebSocket v2": ticker, status, heartbeat.
 * @param options.markets for example PAXG/USD, source `kraken-paxg`
 */
export function createKraken(options: ExchangeOptions): Feed {
  return createExchangeFeed({
    ...options,
    name: 'kraken',
    sources: tokenSources(
      options.markets.map((market) => ({ market, name: `kraken-${market.split('/')[0]!.toLowerCase()}` })),
      { weight: options.weight, freshForMs: 5_000 },
    ),
    protocol: { url: options.url, subscriptions, read: (message) => read(message, options.clock()) },
    timings: { ...usualTimings, ...options.timings },
  });
}

/** One message for all markets; each is acknowledged or refused by itself. */
function subscriptions(markets: readonly string[]): string[] {
  const params = { channel: 'ticker', symbol: markets, event_trigger: 'bbo', snapshot: true };
  return [JSON.stringify({ method: 'subscribe', params })];
}

function read(message: ExactJson, now: number): ExchangeEvent[] {
  const { channel, type, method, data, ...rest } = fieldsOf(message);
  if (channel === 'heartbeat') return [{ kind: 'alive' }];
  if (channel === 'status') return [statusOf(data)];
  if (channel === 'ticker') return tickersOf(data, type === 'snapshot' ? now - clockDifferenceMs : 0);
  if (rest['success'] === false || rest['error'] !== undefined) {
    const market = rest['symbol'] ?? fieldsOf(rest['result'])['symbol'];
    return [
      { kind: 'refused', market: textOf(market) || undefined, reason: textOf(rest['error']) || 'no reason given' },
    ];
  }
  return method === 'subscribe' ? [{ kind: 'alive' }] : [];
}

function statusOf(data: ExactJson | undefined): ExchangeEvent {
  const system = textOf(fieldsOf(Array.isArray(data) ? data[0] : undefined)['system']);
  return system === 'online'
    ? { kind: 'alive' }
    : { kind: 'refused', market: undefined, reason: `the trading engine is in state "${system}"` };
}

function tickersOf(data: ExactJson | undefined, earliest: number): ExchangeEvent[] {
  if (!Array.isArray(data)) throw unusable('data is no list');
  return data.map(fieldsOf).map(({ symbol, bid, ask, timestamp }) => ({
    kind: 'book',
    market: textOf(symbol),
    bid: textOf(bid),
    ask: textOf(ask),
    time: timestamp === undefined ? undefined : Math.max(earliest, readTime(timestamp, 'timestamp')),
    order: undefined,
  }));
}
