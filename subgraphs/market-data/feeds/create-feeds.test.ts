import { expect, test } from '@jest/globals';
import { createLogger } from '#shared/logger.ts';
import { readConfig } from '../config.ts';
import { createFeeds } from './create-feeds.ts';
import { feedNames } from './feed-settings.ts';

const logger = createLogger({ service: 'test', level: 'silent' });

function feedsOf(environment: Record<string, string>) {
  const config = readConfig({
    MARKET_DATA_DATABASE_URL: 'postgresql://localhost/market-data',
    REPLAY_FILE: 'ticks.csv',
    GOLDAPI_KEY: 'a',
    METALS_DEV_KEY: 'b',
    METALPRICEAPI_KEY: 'c',
    NAVASAN_KEY: 'd',
    JSON_HTTP_URL: 'http://localhost/price',
    ...environment,
  });
  return createFeeds({ config, clock: Date.now, random: Math.random, logger });
}

test('every feed can be chosen, and comes in the order of the choice', () => {
  const names = feedNames.toReversed();
  const feeds = feedsOf({ FEEDS: names.join(',') });
  expect(feeds.map(({ name }) => name)).toEqual(names);
  const sources = feeds.flatMap((feed) => feed.sources.map(({ name, symbol }) => `${name} ${symbol}`));
  expect(new Set(sources).size).toBe(sources.length);
});

test('a source counts for as much as was chosen, else for 1, and Swissquote for 3', () => {
  const feeds = feedsOf({ FEEDS: 'swissquote,goldapi,binance=0.5,ecb=7' });
  expect(feeds.map(({ sources }) => sources[0]!.weight)).toEqual([3, 1, 0.5, 7]);
  expect(feedsOf({ FEEDS: 'swissquote=1' })[0]!.sources[0]!.weight).toBe(1);
});
