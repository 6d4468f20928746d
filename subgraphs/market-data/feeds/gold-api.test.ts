import { expect, test } from '@jest/globals';
import { createGoldApi } from './gold-api.ts';
import { fastPolling } from './test/provider-server.ts';
import { keptLog, receive } from './test/receive.ts';
import { useProvider } from './test/use-provider.ts';

const now = Date.parse('2026-07-03T16:08:54Z');
const bed = useProvider(now);

function start(symbols: string[]) {
  bed.feed = createGoldApi({ ...fastPolling, url: `${bed.server.url}/gold-api/`, symbols, logger: keptLog().logger });
  return receive(bed.feed);
}

test('gold-api.com says the mid price, which is both bid and ask', async () => {
  const quotes = await (await start(['XAU-USD', 'XAG-EUR'])).until(2);
  const price = { source: 'gold-api', bid: '4165.200195', ask: '4165.200195', time: now };
  expect(quotes.slice(0, 2)).toEqual([
    { ...price, symbol: 'XAU-USD' },
    { ...price, symbol: 'XAG-EUR' },
  ]);
  expect(bed.server.asked.slice(0, 2).map(({ path }) => path)).toEqual([
    '/gold-api/price/XAU',
    '/gold-api/price/XAG/EUR',
  ]);
});

test.each([
  ['another metal', '{"currency":"USD","price":51.2,"symbol":"XAG","updatedAt":"2026-07-03T16:08:54Z"}'],
  ['another currency', '{"currency":"EUR","price":3541.2,"symbol":"XAU","updatedAt":"2026-07-03T16:08:54Z"}'],
  ['a time without a zone', '{"currency":"USD","price":3541.2,"symbol":"XAU","updatedAt":"2026-07-03T16:08:54"}'],
])('a price of %s is not taken', async (_name, body) => {
  bed.server.faults.push({ body });
  expect((await (await start(['XAU-USD'])).until(1))[0]).toMatchObject({ bid: '4165.200195' });
});

test('it is not asked again while caches may keep its answer', async () => {
  bed.server.state.headers = { 'cache-control': 'max-age=1' };
  await (await start(['XAU-USD'])).until(2);
  expect(bed.server.asked[1]!.at - bed.server.asked[0]!.at).toBeGreaterThan(700);
});
