import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { candleIntervals, closeTimeOf, nextOpenTime, openTimeOf } from './candle-interval.ts';

const open = (interval: (typeof candleIntervals)[number], time: string) =>
  new Date(openTimeOf(interval, Date.parse(time))).toISOString();

describe('candle intervals', () => {
  test('weeks begin on Monday, months on the first, four hours at midnight, all in UTC', () => {
    expect(open('WEEK_1', '2026-11-22T23:59:59Z')).toBe('2026-11-16T00:00:00.000Z');
    expect(open('WEEK_1', '2026-11-23T00:00:00Z')).toBe('2026-11-23T00:00:00.000Z');
    expect(open('MONTH_1', '2026-12-31T23:59:59Z')).toBe('2026-12-01T00:00:00.000Z');
    expect(open('HOUR_4', '2026-11-20T11:30:00Z')).toBe('2026-11-20T08:00:00.000Z');
    expect(open('DAY_1', '2026-11-20T23:30:00Z')).toBe('2026-11-20T00:00:00.000Z');
  });

  test('the candles of an interval follow each other without gap and overlap', () => {
    const times = fc.integer({ min: Date.parse('1990-01-01T00:00:00Z'), max: Date.parse('2060-01-01T00:00:00Z') });
    fc.assert(
      fc.property(fc.constantFrom(...candleIntervals), times, (interval, time) => {
        const openTime = openTimeOf(interval, time);
        const closeTime = closeTimeOf(interval, openTime);
        expect(openTime).toBeLessThanOrEqual(time);
        expect(closeTime).toBeGreaterThan(time);
        expect(openTimeOf(interval, closeTime - 1)).toBe(openTime);
        expect(openTimeOf(interval, closeTime)).toBe(closeTime);
        expect(nextOpenTime(interval, time)).toBe(time === openTime ? time : closeTime);
      }),
    );
  });
});
