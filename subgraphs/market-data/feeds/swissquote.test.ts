import { expect, test } from '@jest/globals';
import { createSwissquote } from './swissquote.ts';
import { fastPolling } from './test/provider-server.ts';
import { keptLog, receive } from './test/receive.ts';
import { useProvider } from './test/use-provider.ts';

const now = Date.parse('2026-11-20T10:00:00.075Z');
const bed = useProvider(now);

function start(symbols = ['XAU-USD']) {
  const { logger } = keptLog();
  bed.feed = createSwissquote({ ...fastPolling, url: `${bed.server.url}/swissquote`, symbols, weight: 3, logger });
  return receive(bed.feed);
}

/** The quote that comes of an answer. */
async function quoteOf(platforms: object[]) {
  bed.server.faults.push({ body: JSON.stringify(platforms) });
  return (await (await start()).until(1))[0]!;
}

const platform = (ts: number, ...prices: [number, number][]) => ({
  topo: { platform: 'AT' },
  spreadProfilePrices: prices.map(([bid, ask]) => ({ spreadProfile: 'any', bid, ask })),
  ts,
});

test('Swissquote is asked for each symbol in turn, and quotes as it writes', async () => {
  const quotes = await (await start(['XAU-USD', 'XAG-USD'])).until(3);
  const gold = { source: 'swissquote', symbol: 'XAU-USD', bid: '4389.063', ask: '4389.697', time: now };
  const silver = { source: 'swissquote', symbol: 'XAG-USD', bid: '51.10', ask: '51.135', time: now };
  expect(quotes.slice(0, 3)).toEqual([gold, silver, gold]);
  expect(bed.server.asked.slice(0, 2).map(({ path }) => path)).toEqual([
    '/swissquote/instrument/XAU/USD',
    '/swissquote/instrument/XAG/USD',
  ]);
  expect(bed.feed.sources).toEqual(
    ['XAU-USD', 'XAG-USD'].map((symbol) => ({
      name: 'swissquote',
      symbol,
      kind: 'spot',
      weight: 3,
      freshForMs: 5_040,
      isLive: true,
    })),
  );
});

test('the newest platform counts, and of it the narrowest spread, in whatever order they stand', async () => {
  expect(
    await quoteOf([
      platform(now - 1, [4380.1, 4380.2]),
      platform(now, [4389.01, 4389.9], [4389.2, 4389.7], [4389.1, 4389.8]),
      platform(now - 900, [4370, 4370.01]),
    ]),
  ).toMatchObject({ bid: '4389.2', ask: '4389.7', time: now });
});

test('a profile without a bid below its ask does not count', async () => {
  expect(
    await quoteOf([
      { topo: {}, ts: now },
      platform(now, [4389.7, 4389.2], [4389.4, 4389.4], [0, 0], [4389.1, 4389.8]),
      { ...platform(now + 5), spreadProfilePrices: [{ bid: null, ask: 4389.3 }, 'none'] },
    ]),
  ).toMatchObject({ bid: '4389.1', ask: '4389.8', time: now });
});

test.each([
  ['no platforms', []],
  ['platforms without prices', [platform(now)]],
  ['crossed prices only', [platform(now, [4389.7, 4389.2])]],
  ['prices without a time', [{ ...platform(now, [4389.2, 4389.7]), ts: null }]],
])('%s makes no price', async (_name, platforms) => {
  expect(await quoteOf(platforms)).toMatchObject({ bid: '4389.063' });
});

test.each([
  ['ahead', 3_600_000],
  ['behind', -3_600_000],
])('a clock that is %s is delivered as it is', async (_name, offset) => {
  bed.server.state.clock = () => now + offset;
  expect((await (await start()).until(1))[0]).toMatchObject({ time: now + offset });
});

test('a time that stands still is delivered as it is, each time', async () => {
  const quotes = await (await start()).until(3);
  expect(quotes.slice(0, 3).map(({ time }) => time)).toEqual([now, now, now]);
});
