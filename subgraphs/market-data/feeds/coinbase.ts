import { providerBackoff } from './backoff.ts';
import type { ExactJson } from './exact-json.ts';
import { createExchangeFeed, type ExchangeOptions } from './exchange-feed.ts';
import { fieldsOf, readOrder, textOf, type ExchangeEvent, type ExchangeTimings } from './exchange-protocol.ts';
import type { Feed } from './feed.ts';
import { readTime } from './provider-answer.ts';
import { tokenSources } from './token-sources.ts';

const usualTimings: ExchangeTimings = {
  backoff: providerBackoff,
  // 8 connections a second are allowed.
  connectGapMs: 1_000,
  handshakeMs: 10_000,
  // The heartbeat channel says something every second for each market.
  pingEveryMs: undefined,
  idleMs: 10_000,
  aliveEveryMs: 1_000,
  // Heartbeats say that no message was lost, not that nobody has changed an order: the last quote is not confirmed by them.
  aliveWithinMs: undefined,
  // Nobody may trade for hours, and heartbeats are of the market itself.
  quietMs: undefined,
  // No longest duration of a connection is documented.
  replaceAfterMs: undefined,
  lingerMs: 2_000,
  resubscribeMs: 60_000,
};

/**
 * A quote comes with trades only, of which a gold token has a few a minute, and between them the best bid and ask move with
 * gold, by a few basis points a minute. After a minute they are no second opinion any more.
 */
const freshForMs = 60_000;

/**
 * The best bid and ask of gold tokens at Coinbase Exchange at the time of each trade, by its `ticker` channel, the last
 * trade's first. Document: docs.cdp.coinbase.com, "Exchange WebSocket": overview, channels.
 * @param options.markets for example PAXG-USD, source `coinbase-paxg`
 */
export function createCoinbase(options: ExchangeOptions): Feed {
  return createExchangeFeed({
    ...options,
    name: 'coinbase',
    sources: tokenSources(
      options.markets.map((market) => ({ market, name: `coinbase-${market.split('-')[0]!.toLowerCase()}` })),
      { weight: options.weight, freshForMs },
    ),
    protocol: { url: options.url, subscriptions, read: (message) => read(message, options.markets) },
    timings: { ...usualTimings, ...options.timings },
  });
}

/** A message for each market, so that one that is refused takes no other with it; without any the connection ends after 5 s. */
function subscriptions(markets: readonly string[]): string[] {
  return markets.map((market) =>
    JSON.stringify({ type: 'subscribe', product_ids: [market], channels: ['ticker', 'heartbeat'] }),
  );
}

function read(message: ExactJson, markets: readonly string[]): ExchangeEvent[] {
  const fields = fieldsOf(message);
  switch (fields['type']) {
    case 'heartbeat':
    case 'subscriptions':
      return [{ kind: 'alive' }];
    case 'error': {
      const reason = [fields['message'], fields['reason']].map(textOf).filter(Boolean).join(': ') || 'no reason given';
      // It names the market in words only: "FOO-USD is not a valid product".
      return [{ kind: 'refused', market: markets.find((market) => reason.split(' ').includes(market)), reason }];
    }
    case 'ticker': {
      const { product_id: market, best_bid: bid, best_ask: ask, time, sequence } = fields;
      return [
        {
          kind: 'book',
          market: textOf(market),
          bid: textOf(bid),
          ask: textOf(ask),
          time: time === undefined ? undefined : readTime(time, 'time'),
          order: readOrder(sequence, 'sequence'),
        },
      ];
    }
    default:
      return [];
  }
}
