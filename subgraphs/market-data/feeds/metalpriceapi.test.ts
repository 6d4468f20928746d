import { expect, test } from '@jest/globals';
import { eventually } from '#shared/testing/eventually.ts';
import { createMetalpriceapi } from './metalpriceapi.ts';
import { fastPolling, providerKey } from './test/provider-server.ts';
import { keptLog, receive } from './test/receive.ts';
import { useProvider } from './test/use-provider.ts';

const now = Date.parse('2025-11-18T23:59:59Z');
const bed = useProvider(now);

function start({ apiKey = providerKey, symbols = ['XAU-USD'], logger = keptLog().logger } = {}) {
  bed.feed = createMetalpriceapi({ ...fastPolling, url: `${bed.server.url}/metalpriceapi`, symbols, apiKey, logger });
  return receive(bed.feed);
}

const ratesOf = (rates: string) => ({ body: `{"success":true,"base":"USD","timestamp":1763510399,"rates":${rates}}` });

test('metalpriceapi.com says the mid price, which is both bid and ask', async () => {
  const quotes = await (await start({ symbols: ['XAU-USD', 'XAU-EUR'] })).until(2);
  const price = { source: 'metalpriceapi', bid: '4038.0953919', ask: '4038.0953919', time: now };
  expect(quotes.slice(0, 2)).toEqual([
    { ...price, symbol: 'XAU-USD' },
    { ...price, symbol: 'XAU-EUR' },
  ]);
  expect(Object.fromEntries(bed.server.asked[1]!.query)).toEqual({
    api_key: providerKey,
    base: 'EUR',
    currencies: 'XAU',
  });
});

test.each([
  ['{"XAU":0.0002476415}', '4038.0954'],
  ['{"XAU":2.476415e-4}', '4038.0954'],
  ['{"XAU":0.00024}', '4166.6667'],
  ['{"XAU":0.00025}', '4000'],
])('ounces for a dollar %s are a price of %s', async (rates, price) => {
  bed.server.faults.push(ratesOf(rates));
  expect((await (await start()).until(1))[0]).toMatchObject({ bid: price, ask: price });
});

test.each(['{}', '{"XAU":0}', '{"XAU":null}', '{"XAU":1e-300}', '{"XAU":"gold"}', '{"USDXAU":0,"XAU":0.00025}'])(
  'rates %s make no price',
  async (rates) => {
    bed.server.faults.push(ratesOf(rates));
    expect((await (await start()).until(1))[0]).toMatchObject({ bid: '4038.0953919' });
  },
);

test('what it refuses is not asked again for an hour', async () => {
  const log = keptLog();
  const { quotes } = await start({ apiKey: 'wrong', logger: log.logger });
  await eventually(() => expect(bed.feed.health().ok).toBe(false));
  expect(bed.feed.health().detail).toMatch(/^XAU-USD: refused with statusCode 102: User did not supply/);
  expect(log.lines).toMatchObject([{ code: 'REFUSED', waitMs: 3_600_000 }]);
  expect(quotes).toEqual([]);
});
