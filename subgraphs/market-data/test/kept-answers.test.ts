import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { aTick } from '#shared/testing/builders.ts';
import { cacheControlOf } from '#shared/testing/cache-control-of.ts';
import { createMarketDataBed, type MarketDataBed } from './market-data-processes.ts';
import { writeTicks } from './write-ticks.ts';

let bed: MarketDataBed;
let url: string;
beforeAll(async () => {
  bed = await createMarketDataBed();
  await writeTicks(
    bed.prisma,
    [0, 1, 2].map((day) =>
      aTick({ bid: '4000', ask: '4001', time: Date.parse('2025-03-01T12:00:00Z') + day * 86_400_000 }),
    ),
  );
  url = `${(await bed.startServer()).url}/graphql`;
});
afterAll(() => bed.close());

const kept = 'max-age=300, public';
const inInstrument = (selection: string) => `{ instrument(symbol: "XAU-USD") { ${selection} } }`;
const candles = (range: string) =>
  inInstrument(`candles(interval: DAY_1 ${range}) { nodes { close } pageInfo { endCursor } }`);
const ago = (milliseconds: number) => new Date(Date.now() - milliseconds).toISOString();

describe('an answer may be kept', () => {
  test.each([
    ['of what instruments are called', '{ instruments { symbol name metal currency } }', kept],
    [
      'of what a reference leads to',
      '{ _entities(representations: [{ __typename: "Instrument", symbol: "XAU-USD" }]) { ... on Instrument { name } } }',
      kept,
    ],
    ['of a page of candles that another one follows', candles('from: "2025-03-01T00:00:00Z" first: 2'), kept],
    ['of candles up to an instant that is long over', candles('to: "2025-03-04T00:00:00Z"'), kept],
    ['of a price long ago', inInstrument('priceAt(at: "2025-03-02T00:00:00Z") { mid }'), kept],
  ])('%s', async (_what, query, expected) => {
    expect(await cacheControlOf(url, query)).toBe(expected);
  });

  test('of the last hour only for a moment, because late ticks may still come', async () => {
    expect(await cacheControlOf(url, inInstrument(`priceAt(at: "${ago(600_000)}") { mid }`))).toBe(
      'max-age=10, public',
    );
  });
});

describe('an answer is not kept', () => {
  test.each([
    ['with a live price', inInstrument('name price { bid }')],
    ['with how old a price is', inInstrument('price { ageMs isStale }')],
    ['with a change of price', inInstrument('change(window: DAY) { percent }')],
    ['with the state of the market', inInstrument('marketStatus { state }')],
    [
      'with a live price of what a reference leads to',
      '{ _entities(representations: [{ __typename: "Instrument", symbol: "XAU-USD" }]) { ... on Instrument { price { mid } } } }',
    ],
    ['of the latest candles', candles('')],
    ['of a page that can still grow', candles('from: "2025-03-01T00:00:00Z" first: 10')],
    ['of a span that is not over', candles('to: "NOW"')],
    ['of a price of just now', inInstrument('priceAt(at: "NOW") { mid }')],
  ])('%s', async (_what, query) => {
    // Late ticks are waited for two seconds: the clock is read when it is asked.
    const asked = query.replace('NOW', new Date().toISOString());
    expect(await cacheControlOf(url, asked)).toBe('no-store');
  });
});
