import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { eventually } from '#shared/testing/eventually.ts';
import type { Feed } from './feed.ts';
import { createNavasan } from './navasan.ts';
import { fastPolling, providerKey, startProviderServer, type ProviderServer } from './test/provider-server.ts';
import { keptLog, receive } from './test/receive.ts';

const now = Date.parse('2026-11-20T10:00:00Z');
let server: ProviderServer;
let feed: Feed;
beforeEach(async () => {
  server = await startProviderServer();
  server.state.clock = () => now;
});
afterEach(async () => {
  await feed.stop();
  await server.close();
});

function start(apiKey = providerKey) {
  feed = createNavasan({ ...fastPolling, url: server.url + '/navasan', apiKey, logger: keptLog().logger });
  return receive(feed);
}

const side = (value: string, timestamp = now / 1000) => `{"value":${value},"change":0,"timestamp":${timestamp}}`;

test('navasan.tech says toman, which become rials, and the older time of both sides', async () => {
  expect((await (await start()).until(1))[0]).toEqual({
    source: 'navasan',
    symbol: 'USD-IRR',
    bid: '1151000',
    ask: '1153500',
    time: now - 60_000,
  });
  expect(feed.sources).toMatchObject([{ symbol: 'USD-IRR', kind: 'rate', freshForMs: 172_800_000 }]);
});

test.each([
  ['without the buyers', `{"usd_sell":${side('"115350"')}}`],
  ['with a buyer above the seller', `{"usd_sell":${side('"115350"')},"usd_buy":${side('"115,900"', 1)}}`],
  ['with numbers for texts', `{"usd_sell":${side('115350')},"usd_buy":${side('115350')}}`],
])('%s the seller is both sides', async (_name, body) => {
  server.faults.push({ body });
  expect((await (await start()).until(1))[0]).toMatchObject({ bid: '1153500', ask: '1153500', time: now });
});

test.each(['"1,15,350"', '"115.350,00"', '"0"', '""', 'null'])('a value of %s makes no rate', async (value) => {
  server.faults.push({ body: `{"usd_sell":${side(value)}}` });
  expect((await (await start()).until(1))[0]).toMatchObject({ ask: '1153500' });
});

test('what it says instead of rates is shown', async () => {
  const { quotes } = await start('wrong');
  await eventually(() =>
    expect(feed.health().detail).toMatch(/^USD-IRR: the answer has no usd_sell: .*invalid api_key/),
  );
  expect(quotes).toEqual([]);
});
