import type { Feed } from './feed.ts';
import { addressOf } from './ask-provider.ts';
import { createPolledFeed, polledSpotSources, type PolledFeedOptions } from './poll.ts';
import { checkSubject, readJson, readObject, readPrice, readTime } from './provider-answer.ts';

/**
 * Mid prices of spot metals from gold-api.com, without a key (https://gold-api.com/llms.txt):
 * `GET <url>/price/XAU` or `/price/XAU/EUR` answers `{"currency":"USD","price":4165.200195,"symbol":"XAU",
 * "updatedAt":"2026-07-03T16:08:54Z",…}`. It has no limit, but its answers are cached for about 30 seconds, which
 * `Cache-Control` tells and the polling obeys.
 * @param options.symbols such as `XAU-USD`, asked in turn
 */
export function createGoldApi(options: PolledFeedOptions & { symbols: readonly string[] }): Feed {
  const { url, symbols, ...polling } = options;
  return createPolledFeed({
    ...polling,
    name: 'gold-api',
    isCacheObeyed: true,
    sources: polledSpotSources({ ...options, name: 'gold-api' }),
    questions: symbols.map((symbol) => {
      const [metal, currency] = symbol.split('-') as [string, string];
      return {
        about: symbol,
        url: addressOf(url, currency === 'USD' ? `/price/${metal}` : `/price/${metal}/${currency}`),
        read: ({ text }) => {
          const answer = readObject(readJson(text), 'the answer');
          checkSubject(answer.symbol, metal, 'symbol');
          checkSubject(answer.currency, currency, 'currency');
          const mid = readPrice(answer.price, 'price');
          return [{ source: 'gold-api', symbol, bid: mid, ask: mid, time: readTime(answer.updatedAt, 'updatedAt') }];
        },
      };
    }),
  });
}
