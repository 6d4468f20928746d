import { Decimal } from '#shared/decimal.ts';
import type { ExactJson } from './exact-json.ts';
import type { Feed, FeedQuote } from './feed.ts';
import { addressOf } from './ask-provider.ts';
import { createPolledFeed, polledSpotSources, type PolledFeedOptions } from './poll.ts';
import { ProviderProblem, readJson, readObject, readPrice, readTime, unusable } from './provider-answer.ts';

/** Who asks each second has no use for an answer that is later than this. */
const timeoutMs = 3_000;

/**
 * Bid and ask of spot metals from Swissquote's public quotes, without a key:
 * `GET <url>/instrument/XAU/USD` answers `[{"topo":{…},"spreadProfilePrices":[{"spreadProfile":"prime","bid":4389.063,
 * "ask":4389.697,…},…],"ts":1787059781075},…]`, one element for each of their platforms in any order, with spread profiles
 * that vary. There is no document and no published limit; once a second is what others do. While the market is closed `ts`
 * stands still. Look at their terms before selling on these prices.
 * @param options.symbols such as `XAU-USD`, asked in turn
 */
export function createSwissquote(options: PolledFeedOptions & { symbols: readonly string[] }): Feed {
  const { url, symbols, timings, ...polling } = options;
  return createPolledFeed({
    ...polling,
    name: 'swissquote',
    timings: { timeoutMs, ...timings },
    sources: polledSpotSources({ ...options, name: 'swissquote' }),
    questions: symbols.map((symbol) => ({
      about: symbol,
      url: addressOf(url, `/instrument/${symbol.replace('-', '/')}`),
      read: ({ text }) => [{ source: 'swissquote', symbol, ...bestOf(readJson(text)) }],
    })),
  });
}

type Sides = Pick<FeedQuote, 'bid' | 'ask' | 'time'> & { spread: Decimal };

/** The newest quote, and of those the one with the narrowest spread. */
function bestOf(answer: ExactJson): Pick<FeedQuote, 'bid' | 'ask' | 'time'> {
  if (!Array.isArray(answer)) throw unusable('the answer is no list of platforms');
  const quotes = answer.flatMap((platform) => {
    const { spreadProfilePrices, ts } = readObject(platform, 'a platform');
    return Array.isArray(spreadProfilePrices) ? spreadProfilePrices.flatMap((profile) => sidesOf(profile, ts)) : [];
  });
  const best = quotes.toSorted((one, other) => other.time - one.time || one.spread.comparedTo(other.spread))[0];
  if (!best) throw unusable('no platform has a bid below its ask');
  return { bid: best.bid, ask: best.ask, time: best.time };
}

/** Nothing for a profile that cannot be used: the others still count. */
function sidesOf(profile: ExactJson, ts: ExactJson | undefined): Sides[] {
  try {
    const sides = readObject(profile, 'a spread profile');
    const [bid, ask] = [readPrice(sides.bid, 'bid'), readPrice(sides.ask, 'ask')];
    const spread = new Decimal(ask).minus(bid);
    return spread.gt(0) ? [{ bid, ask, time: readTime(ts, 'ts'), spread }] : [];
  } catch (error) {
    if (error instanceof ProviderProblem) return [];
    throw error;
  }
}
