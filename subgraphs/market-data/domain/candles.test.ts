import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { addTick, mergeCandle, priceOf, type Candle } from './candles.ts';

const openTime = Date.parse('2026-11-20T10:00:00Z');
type At = { seconds: number; mid: number };
const tick = ({ seconds, mid }: At) => ({
  bid: String(mid - 1),
  ask: String(mid + 1),
  time: openTime + seconds * 1000,
});
const candleOf = (ticks: At[]) =>
  ticks.reduce<Candle | undefined>((candle, each) => addTick(candle, openTime, tick(each), 'MID'), undefined);
const shown = (candle: Candle | undefined) =>
  candle && [
    ...[candle.open, candle.high, candle.low, candle.close].map(Number),
    candle.tickCount,
    ...[candle.firstAt, candle.lastAt].map((time) => (time - openTime) / 1000),
  ];
const ticks = fc.uniqueArray(
  fc.record({ seconds: fc.integer({ min: 0, max: 300 }), mid: fc.integer({ min: 10, max: 5000 }) }),
  { selector: ({ seconds }) => seconds, maxLength: 40 },
);

describe('candles', () => {
  test('the prices are exact: the middle, and bid and ask as they are', () => {
    const quote = { bid: '1286.408', ask: '1286.679' };
    expect((['MID', 'BID', 'ASK'] as const).map((basis) => priceOf(quote, basis).toFixed())).toEqual([
      '1286.5435',
      '1286.408',
      '1286.679',
    ]);
  });

  test('a tick belongs to when it last moved, which of a cross price is not its age', () => {
    const candle = addTick(undefined, openTime, { ...tick({ seconds: -600, mid: 5 }), movedAt: openTime + 1 }, 'BID');
    expect([candle.firstAt, candle.lastAt]).toEqual([openTime + 1, openTime + 1]);
  });

  test('of two ticks of one instant the first opens and the last closes', () => {
    const both = [
      { seconds: 1, mid: 20 },
      { seconds: 1, mid: 10 },
    ];
    expect(shown(candleOf(both))).toEqual([20, 20, 10, 10, 2, 1, 1]);
  });

  test('ticks in any order make the candle that they make in the order of their making', () => {
    const shuffled = ticks.chain((all) =>
      fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length })),
    );
    fc.assert(
      fc.property(shuffled, ([all, inAnyOrder]) => {
        const sorted = all.toSorted((a, b) => a.seconds - b.seconds);
        const mids = sorted.map(({ mid }) => mid);
        const expected = [mids[0], Math.max(...mids), Math.min(...mids), mids.at(-1), mids.length];
        expect(shown(candleOf(inAnyOrder))?.slice(0, 5)).toEqual(sorted.length === 0 ? undefined : expected);
      }),
    );
  });

  test('candles of two parts merge to the candle of the whole, wherever it is cut', () => {
    fc.assert(
      fc.property(ticks, fc.nat(40), (all, cut) => {
        const [earlier, later] = [candleOf(all.slice(0, cut)), candleOf(all.slice(cut))];
        const merged = earlier && later ? mergeCandle(earlier, later) : (earlier ?? later);
        expect(shown(merged)).toEqual(shown(candleOf(all)));
      }),
    );
  });
});
