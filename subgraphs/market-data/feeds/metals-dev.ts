import type { Feed } from './feed.ts';
import { addressOf } from './ask-provider.ts';
import { createPolledFeed, polledSpotSources, type PolledFeedOptions } from './poll.ts';
import { checkSubject, readJson, readObject, readPrice, readTime, refusal } from './provider-answer.ts';

/** What it calls the metals. */
const metalNames: Record<string, string> = { XAU: 'gold', XAG: 'silver' };

/**
 * Bid and ask of spot metals from metals.dev (https://metals.dev/docs), at most a minute old:
 * `GET <url>/metal/spot?api_key=…&metal=gold&currency=USD` answers `{"status":"success","timestamp":
 * "2025-11-19T01:44:01.865Z","currency":"USD","unit":"toz","metal":"gold","rate":{"price":4065.65,"ask":4065.86,
 * "bid":4065.38,…}}`, and what it refuses `{"status":"failure","error_code":…,"error_message":…}`. The key is part of the
 * address. A free key is good for about 100 questions a month.
 * @param options.symbols such as `XAU-USD`, asked in turn
 */
export function createMetalsDev(options: PolledFeedOptions & { symbols: readonly string[]; apiKey: string }): Feed {
  const { url, symbols, apiKey, ...polling } = options;
  return createPolledFeed({
    ...polling,
    name: 'metals-dev',
    secrets: [apiKey],
    sources: polledSpotSources({ ...options, name: 'metals-dev' }),
    questions: symbols.map((symbol) => {
      const [metal, currency] = symbol.split('-') as [string, string];
      const metalName = metalNames[metal]!;
      return {
        about: symbol,
        url: addressOf(url, '/metal/spot', { api_key: apiKey, metal: metalName, currency }),
        read: ({ text }) => {
          const answer = readObject(readJson(text), 'the answer');
          if (answer.status === 'failure')
            throw refusal(`refused with error_code ${String(answer.error_code)}`, answer.error_message);
          checkSubject(answer.metal, metalName, 'metal');
          checkSubject(answer.currency, currency, 'currency');
          checkSubject(answer.unit, 'toz', 'unit');
          const rate = readObject(answer.rate, 'rate');
          const [bid, ask] = [readPrice(rate.bid, 'rate.bid'), readPrice(rate.ask, 'rate.ask')];
          return [{ source: 'metals-dev', symbol, bid, ask, time: readTime(answer.timestamp, 'timestamp') }];
        },
      };
    }),
  });
}
