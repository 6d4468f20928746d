import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { eventually } from '#shared/testing/eventually.ts';
import type { Feed } from './feed.ts';
import { createGoldapi } from './goldapi.ts';
import { fastPolling, providerKey, startProviderServer, type ProviderServer } from './test/provider-server.ts';
import { keptLog, receive } from './test/receive.ts';

const now = Date.parse('2026-03-16T11:25:07Z');
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
  const { logger } = keptLog();
  feed = createGoldapi({ ...fastPolling, url: `${server.url}/goldapi`, symbols: ['XAU-USD'], apiKey, logger });
  return receive(feed);
}

test('goldapi.io says bid and ask, for a key in a header', async () => {
  expect((await (await start()).until(1))[0]).toEqual({
    source: 'goldapi',
    symbol: 'XAU-USD',
    bid: '5018.990',
    ask: '5019.91',
    time: now,
  });
  expect(server.asked[0]).toMatchObject({ path: '/goldapi/XAU/USD', headers: { 'x-access-token': providerKey } });
});

test('an answer without prices, as for a wrong key, is shown and makes no price', async () => {
  const { quotes } = await start('wrong');
  await eventually(() =>
    expect(feed.health()).toMatchObject({ ok: false, detail: 'XAU-USD: bid is no decimal number' }),
  );
  expect(quotes).toEqual([]);
});

test('a price of another currency is not taken', async () => {
  server.faults.push({
    body: '{"timestamp":1773660307,"metal":"XAU","currency":"INR","ask":465019.91,"bid":465018.99}',
  });
  expect((await (await start()).until(1))[0]).toMatchObject({ bid: '5018.990' });
});
