import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { decimal } from '#shared/decimal.ts';
import type { Tick } from '#shared/ticks/tick.ts';
import { openTimeOf } from './candle-interval.ts';
import { addTick, type Candle } from './candles.ts';
import { createLiveCandles } from './live-candles.ts';

const minute = 60_000;
const start = Date.parse('2026-11-20T10:00:00Z');
const minutes = () => createLiveCandles({ interval: 'MINUTE_1', basis: 'BID', dayBoundary: 'UTC', watermarkMs: 2_000 });

let sequence = 0;
/** A tick of a moment in milliseconds behind the start, which arrives `lateMs` after it was made. */
const tickAt = (moment: number, price: number, lateMs = 0): Tick => ({
  symbol: 'XAU-USD',
  sequence: (sequence += 1),
  bid: String(price),
  ask: String(price + 1),
  time: start + moment,
  receivedAt: start + moment + lateMs,
  quality: 'GOOD',
  sources: [],
});
const aCandle = (moment: number, price: number): Candle => {
  const [open, high, low, close] = [price, price, price, price].map(decimal);
  const [firstAt, lastAt] = [start + moment, start + moment + 1];
  return { openTime: openTimeOf('MINUTE_1', firstAt), open, high, low, close, tickCount: 5, firstAt, lastAt } as Candle;
};
const summary = ({ openTime, open, high, low, close, tickCount, isClosed }: Candle & { isClosed: boolean }) =>
  `${(openTime - start) / minute}: ${open} ${high} ${low} ${close} (${tickCount})${isClosed ? ' closed' : ''}`;

describe('live candles', () => {
  test('close when late ticks have had their time, with those that came', () => {
    const candles = minutes();
    candles.add(tickAt(59_000, 10), start + 59_000);
    candles.add(tickAt(60_500, 12), start + 60_500);
    candles.add(tickAt(59_500, 9, 1_500), start + 61_000);
    expect(candles.close(start + 61_999)).toEqual([]);
    expect(summary(candles.current()!)).toBe('0: 10 10 9 9 (2)');
    expect(candles.close(start + 62_000).map(summary)).toEqual(['0: 10 10 9 9 (2) closed']);
    candles.add(tickAt(59_600, 1, 3_000), start + 62_600);
    expect(summary(candles.current()!)).toBe('1: 12 12 12 12 (1)');
    expect(candles.close(start + 62_600)).toEqual([]);
  });

  test('close by the clock where no tick comes any more, and then the last one is shown', () => {
    const candles = minutes();
    candles.add(tickAt(1_000, 10), start + 1_000);
    expect(candles.close(start + 61_999)).toEqual([]);
    expect(candles.close(start + 62_000).map(summary)).toEqual(['0: 10 10 10 10 (1) closed']);
    expect(candles.close(start + 3 * minute)).toEqual([]);
    expect(summary(candles.current()!)).toBe('0: 10 10 10 10 (1) closed');
  });

  test('of old times close by their own ticks, however far the clock is', () => {
    const years = 10 * 365 * 24 * 60 * minute;
    const candles = minutes();
    candles.add(tickAt(1_000, 10, years), start + years);
    expect(candles.close(start + years)).toEqual([]);
    candles.add(tickAt(61_999, 11, years), start + years);
    expect(candles.close(start + years)).toEqual([]);
    candles.add(tickAt(5 * minute, 12, years), start + years);
    expect(candles.close(start + years).map(summary)).toEqual([
      '0: 10 10 10 10 (1) closed',
      '1: 11 11 11 11 (1) closed',
    ]);
    expect(candles.close(start + years + 2_000 + 6 * minute).map(summary)).toHaveLength(1);
  });

  test('of a recording that is dated ahead close too', () => {
    const candles = minutes();
    const now = start - 24 * 60 * minute;
    candles.add(tickAt(1_000, 10), now);
    candles.add(tickAt(3 * minute, 11), now);
    expect(candles.close(now).map(summary)).toEqual(['0: 10 10 10 10 (1) closed']);
  });

  test('are not closed early by a source whose clock is fast', () => {
    const candles = minutes();
    candles.add(tickAt(50_000, 10), start + 50_000);
    candles.add(tickAt(62_500, 12, -4_000), start + 58_500);
    expect(candles.close(start + 58_500)).toEqual([]);
    candles.add(tickAt(59_000, 11), start + 59_000);
    expect(candles.close(start + 62_000).map(summary)).toEqual(['0: 10 11 10 11 (2) closed']);
  });

  test('go on where the history stands', () => {
    const candles = minutes();
    candles.see(tickAt(minute + 1_000, 12));
    candles.begin(aCandle(30_000, 10));
    candles.begin(aCandle(minute, 11));
    candles.add(tickAt(59_000, 9), start + minute + 1_000);
    candles.add(tickAt(minute + 1_000, 12), start + minute + 1_000);
    expect(candles.close(start + minute + 2_000).map(summary)).toEqual(['0: 10 10 9 9 (6) closed']);
    expect(summary(candles.current()!)).toBe('1: 11 12 11 12 (6)');
  });

  test('leave out a tick whose span is over and has no candle: they come in their order', () => {
    const candles = minutes();
    candles.add(tickAt(10 * minute, 10), start + 10 * minute);
    candles.add(tickAt(5 * minute, 1, 5 * minute), start + 10 * minute);
    expect(summary(candles.current()!)).toBe('10: 10 10 10 10 (1)');
  });

  test('hold every tick that came in time, each once and in its span, and close in ascending order', () => {
    const arrivals = fc.array(
      fc.record({ pause: fc.nat(40_000), late: fc.nat(1_900), price: fc.integer({ min: 1, max: 99 }) }),
      { minLength: 1, maxLength: 60 },
    );
    fc.assert(
      fc.property(arrivals, (all) => {
        const candles = minutes();
        const expected = new Map<number, Candle>();
        const closed: Candle[] = [];
        let now = start;
        for (const { pause, late, price } of all) {
          now += pause;
          const tick = { ...tickAt(now - late - start, price), receivedAt: now };
          const openTime = openTimeOf('MINUTE_1', tick.time);
          expected.set(openTime, addTick(expected.get(openTime), openTime, tick, 'BID'));
          candles.add(tick, now);
          closed.push(...candles.close(now));
        }
        closed.push(...candles.close(now + 10 * minute));
        const whole = [...expected.values()].toSorted((one, other) => one.openTime - other.openTime);
        expect(closed.map(({ openTime, tickCount }) => [openTime, tickCount])).toEqual(
          whole.map(({ openTime, tickCount }) => [openTime, tickCount]),
        );
        expect(closed).toMatchObject(whole);
      }),
    );
  });
});
