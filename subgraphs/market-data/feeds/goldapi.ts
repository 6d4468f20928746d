import type { Feed } from './feed.ts';
import { addressOf } from './ask-provider.ts';
import { createPolledFeed, polledSpotSources, type PolledFeedOptions } from './poll.ts';
import { checkSubject, readJson, readObject, readPrice, readTime } from './provider-answer.ts';

/**
 * Bid and ask of spot metals from goldapi.io (https://www.goldapi.io):
 * `GET <url>/XAU/USD` with the header `x-access-token` answers `{"timestamp":1773660307,"metal":"XAU","currency":"USD",
 * "ask":5019.91,"bid":5018.99,…}`, `timestamp` in seconds. A free key is good for about 100 questions a month.
 * @param options.symbols such as `XAU-USD`, asked in turn
 */
export function createGoldapi(options: PolledFeedOptions & { symbols: readonly string[]; apiKey: string }): Feed {
  const { url, symbols, apiKey, ...polling } = options;
  return createPolledFeed({
    ...polling,
    name: 'goldapi',
    secrets: [apiKey],
    sources: polledSpotSources({ ...options, name: 'goldapi' }),
    questions: symbols.map((symbol) => {
      const [metal, currency] = symbol.split('-') as [string, string];
      return {
        about: symbol,
        url: addressOf(url, `/${metal}/${currency}`),
        headers: { 'x-access-token': apiKey },
        read: ({ text }) => {
          const answer = readObject(readJson(text), 'the answer');
          checkSubject(answer.metal, metal, 'metal');
          checkSubject(answer.currency, currency, 'currency');
          const [bid, ask] = [readPrice(answer.bid, 'bid'), readPrice(answer.ask, 'ask')];
          return [{ source: 'goldapi', symbol, bid, ask, time: readTime(answer.timestamp, 'timestamp') }];
        },
      };
    }),
  });
}
