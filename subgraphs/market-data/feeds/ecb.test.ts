import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { createEcb } from './ecb.ts';
import type { Feed } from './feed.ts';
import { fastPolling, startProviderServer, type ProviderServer } from './test/provider-server.ts';
import { keptLog, receive } from './test/receive.ts';

const published = Date.parse('2026-11-20T15:00:00Z');
let server: ProviderServer;
let feed: Feed;
beforeEach(async () => {
  server = await startProviderServer();
});
afterEach(async () => {
  await feed.stop();
  await server.close();
});

function start({ file = 'eurofxref-daily.xml', now = published + 3_600_000 } = {}) {
  feed = createEcb({
    ...fastPolling,
    url: `${server.url}/ecb/${file}`,
    currencies: ['USD', 'EUR', 'GBP', 'TRY', 'AED', 'IRR'],
    clock: () => now,
    logger: keptLog().logger,
  });
  return receive(feed);
}

const rate = (currency: string, text: string) => ({
  source: 'ecb',
  symbol: `EUR-${currency}`,
  bid: text,
  ask: text,
  time: published,
});

test.each(['eurofxref-daily.xml', 'eurofxref.csv'])('the ECB says its reference rates in %s', async (file) => {
  const quotes = await (await start({ file })).until(3);
  expect(quotes.slice(0, 3)).toEqual([rate('USD', '1.0834'), rate('GBP', '0.85955'), rate('TRY', '45.8870')]);
});

test('its sources are the rates that are wanted and that it has, and hold over Easter', async () => {
  await start();
  expect(feed.sources.map(({ symbol, kind }) => [symbol, kind])).toEqual([
    ['EUR-USD', 'rate'],
    ['EUR-GBP', 'rate'],
    ['EUR-TRY', 'rate'],
  ]);
  const [maundyThursday, easterTuesday] = [Date.parse('2027-03-25T15:00:00Z'), Date.parse('2027-03-30T14:00:00Z')];
  expect(feed.sources[0]!.freshForMs).toBeGreaterThan(easterTuesday - maundyThursday + 3_600_000);
});

test('rates that come before their hour are of the moment when they come', async () => {
  const now = published - 120_000;
  expect((await (await start({ now })).until(1))[0]).toMatchObject({ time: now });
});

test('in summer their hour is another one in UTC', async () => {
  server.faults.push({ body: 'Date, USD, \n17 July 2026, 1.1, \n' });
  expect((await (await start()).until(1))[0]).toMatchObject({ time: Date.parse('2026-07-17T14:00:00Z') });
});

test('a file without any of the rates that are wanted is not taken for an answer', async () => {
  server.faults.push({ body: 'Date, JPY, \n20 November 2026, 162.10, \n' });
  expect((await (await start()).until(1))[0]).toMatchObject({ bid: '1.0834' });
});
