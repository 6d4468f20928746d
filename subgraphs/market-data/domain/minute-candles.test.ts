import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { addTick, mergeCandles, type MinuteCandles } from './minute-candles.ts';

const start = Date.parse('2026-11-20T10:00:00Z');
const tick = (seconds: number, mid: number) => ({
  symbol: 'XAU-USD',
  bid: String(mid - 1),
  ask: String(mid + 1),
  time: start + seconds * 1000,
});
const candlesOf = (ticks: ReturnType<typeof tick>[]) => {
  const candles: MinuteCandles = new Map();
  for (const each of ticks) addTick(candles, each);
  return candles;
};
const shown = (candles: MinuteCandles) =>
  [...candles.values()].map((candle) => [
    (candle.openTime - start) / 1000,
    ...[candle.open, candle.high, candle.low, candle.close].map(Number),
    candle.tickCount,
  ]);

describe('minute candles', () => {
  test('a minute holds its first instant and not its last', () => {
    const candles = candlesOf([tick(0, 100), tick(30, 90), tick(59.999, 95), tick(60, 99)]);
    expect(shown(candles)).toEqual([
      [0, 100, 100, 90, 95, 3],
      [60, 99, 99, 99, 99, 1],
    ]);
  });

  test('a minute without ticks has no candle', () => {
    expect(shown(candlesOf([tick(0, 100), tick(180, 101)])).map(([openTime]) => openTime)).toEqual([0, 180]);
  });

  test('a mid price is exact', () => {
    const candles = candlesOf([{ ...tick(0, 1), bid: '1286.408', ask: '1286.679' }]);
    expect([...candles.values()][0]!.close.toFixed()).toBe('1286.5435');
  });

  test('candles of two parts merge to the candles of the whole, wherever it is cut', () => {
    const ticks = fc.array(fc.tuple(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 10, max: 5000 })), {
      maxLength: 60,
    });
    fc.assert(
      fc.property(ticks, fc.nat(60), (values, cut) => {
        const all = values.map(([seconds, mid]) => tick(seconds, mid));
        const merged = mergeCandles(candlesOf(all.slice(0, cut)), candlesOf(all.slice(cut)));
        expect(shown(merged)).toEqual(shown(candlesOf(all)));
      }),
    );
  });
});
