import { expect, test } from '@jest/globals';
import { eventually } from '#shared/testing/eventually.ts';
import { createNavasan } from './navasan.ts';
import { fastPolling, providerKey } from './test/provider-server.ts';
import { keptLog, receive } from './test/receive.ts';
import { useProvider } from './test/use-provider.ts';

const now = Date.parse('2026-11-20T10:00:00Z');
const bed = useProvider(now);

function start(apiKey = providerKey) {
  bed.feed = createNavasan({ ...fastPolling, url: bed.server.url + '/navasan', apiKey, logger: keptLog().logger });
  return receive(bed.feed);
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
  expect(bed.feed.sources).toMatchObject([{ symbol: 'USD-IRR', kind: 'rate', freshForMs: 172_800_000 }]);
});

test.each([
  ['without the buyers', `{"usd_sell":${side('"115350"')}}`],
  ['with a buyer above the seller', `{"usd_sell":${side('"115350"')},"usd_buy":${side('"115,900"', 1)}}`],
  [
    'with a buyer of days ago',
    `{"usd_sell":${side('"115350"')},"usd_buy":${side('"115,100"', now / 1000 - 3 * 86_400)}}`,
  ],
  ['with numbers for texts', `{"usd_sell":${side('115350')},"usd_buy":${side('115350')}}`],
])('%s the seller is both sides', async (_name, body) => {
  bed.server.faults.push({ body });
  expect((await (await start()).until(1))[0]).toMatchObject({ bid: '1153500', ask: '1153500', time: now });
});

test.each(['"1,15,350"', '"115.350,00"', '"0"', '""', 'null'])('a value of %s makes no rate', async (value) => {
  bed.server.faults.push({ body: `{"usd_sell":${side(value)}}` });
  expect((await (await start()).until(1))[0]).toMatchObject({ ask: '1153500' });
});

test('what it says instead of rates is shown', async () => {
  const { quotes } = await start('wrong');
  await eventually(() =>
    expect(bed.feed.health().detail).toMatch(/^USD-IRR: the answer has no usd_sell: .*invalid api_key/),
  );
  expect(quotes).toEqual([]);
});
