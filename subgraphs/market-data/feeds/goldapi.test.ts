import { expect, test } from '@jest/globals';
import { eventually } from '#shared/testing/eventually.ts';
import { createGoldapi } from './goldapi.ts';
import { fastPolling, providerKey } from './test/provider-server.ts';
import { keptLog, receive } from './test/receive.ts';
import { useProvider } from './test/use-provider.ts';

const now = Date.parse('2026-03-16T11:25:07Z');
const bed = useProvider(now);

function start(apiKey = providerKey) {
  const { logger } = keptLog();
  bed.feed = createGoldapi({ ...fastPolling, url: `${bed.server.url}/goldapi`, symbols: ['XAU-USD'], apiKey, logger });
  return receive(bed.feed);
}

test('goldapi.io says bid and ask, for a key in a header', async () => {
  expect((await (await start()).until(1))[0]).toEqual({
    source: 'goldapi',
    symbol: 'XAU-USD',
    bid: '5018.990',
    ask: '5019.91',
    time: now,
  });
  expect(bed.server.asked[0]).toMatchObject({ path: '/goldapi/XAU/USD', headers: { 'x-access-token': providerKey } });
});

test('an answer without prices, as for a wrong key, is shown and makes no price', async () => {
  const { quotes } = await start('wrong');
  await eventually(() =>
    expect(bed.feed.health()).toMatchObject({ ok: false, detail: 'XAU-USD: bid is no decimal number' }),
  );
  expect(quotes).toEqual([]);
});

test('a price of another currency is not taken', async () => {
  bed.server.faults.push({
    body: '{"timestamp":1773660307,"metal":"XAU","currency":"INR","ask":465019.91,"bid":465018.99}',
  });
  expect((await (await start()).until(1))[0]).toMatchObject({ bid: '5018.990' });
});
