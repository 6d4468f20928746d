import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { DateTime } from 'luxon';
import { candleIntervals, closeTimeOf, dayBoundaries, nextOpenTime, openTimeOf } from './candle-interval.ts';

type Interval = (typeof candleIntervals)[number];
const shown = (time: number) => new Date(time).toISOString();
const open = (interval: Interval, time: string) => shown(openTimeOf(interval, Date.parse(time)));
const inNewYork = (interval: Interval, time: string) => {
  const openTime = openTimeOf(interval, Date.parse(time), 'NY_1700');
  return [shown(openTime), shown(closeTimeOf(interval, openTime, 'NY_1700'))];
};
const times = fc.integer({ min: Date.parse('1990-01-01T00:00:00Z'), max: Date.parse('2060-01-01T00:00:00Z') });

describe('candle intervals', () => {
  test('weeks begin on Monday, months on the first, four hours at midnight, all in UTC', () => {
    expect(open('WEEK_1', '2026-11-22T23:59:59Z')).toBe('2026-11-16T00:00:00.000Z');
    expect(open('WEEK_1', '2026-11-23T00:00:00Z')).toBe('2026-11-23T00:00:00.000Z');
    expect(open('MONTH_1', '2026-12-31T23:59:59Z')).toBe('2026-12-01T00:00:00.000Z');
    expect(open('HOUR_4', '2026-11-20T11:30:00Z')).toBe('2026-11-20T08:00:00.000Z');
    expect(open('DAY_1', '2026-11-20T23:30:00Z')).toBe('2026-11-20T00:00:00.000Z');
  });

  test('by New York a day begins at 17:00 of the day before, in summer and in winter', () => {
    expect(inNewYork('DAY_1', '2026-07-15T20:59:59.999Z')).toEqual([
      '2026-07-14T21:00:00.000Z',
      '2026-07-15T21:00:00.000Z',
    ]);
    expect(inNewYork('DAY_1', '2026-12-15T22:00:00Z')).toEqual([
      '2026-12-15T22:00:00.000Z',
      '2026-12-16T22:00:00.000Z',
    ]);
  });

  test('by New York the day on which clocks go forward has 23 hours, and that on which they go back 25', () => {
    expect(inNewYork('DAY_1', '2026-03-08T06:59:59Z')).toEqual([
      '2026-03-07T22:00:00.000Z',
      '2026-03-08T21:00:00.000Z',
    ]);
    expect(inNewYork('DAY_1', '2026-11-01T06:00:00Z')).toEqual([
      '2026-10-31T21:00:00.000Z',
      '2026-11-01T22:00:00.000Z',
    ]);
    expect(inNewYork('WEEK_1', '2026-03-08T06:59:59Z')).toEqual([
      '2026-03-01T22:00:00.000Z',
      '2026-03-08T21:00:00.000Z',
    ]);
    expect(inNewYork('WEEK_1', '2026-11-01T22:00:00Z')[0]).toBe('2026-11-01T22:00:00.000Z');
  });

  test('by New York a week begins on Sunday 17:00 and a month at 17:00 of the day before its first', () => {
    expect(inNewYork('WEEK_1', '2026-07-19T20:59:59Z')).toEqual([
      '2026-07-12T21:00:00.000Z',
      '2026-07-19T21:00:00.000Z',
    ]);
    expect(inNewYork('MONTH_1', '2026-03-31T20:59:59Z')).toEqual([
      '2026-02-28T22:00:00.000Z',
      '2026-03-31T21:00:00.000Z',
    ]);
  });

  test('the candles of an interval follow each other without gap and overlap', () => {
    const all = [fc.constantFrom(...candleIntervals), fc.constantFrom(...dayBoundaries), times] as const;
    fc.assert(
      fc.property(...all, (interval, boundary, time) => {
        const openTime = openTimeOf(interval, time, boundary);
        const closeTime = closeTimeOf(interval, openTime, boundary);
        expect(openTime).toBeLessThanOrEqual(time);
        expect(closeTime).toBeGreaterThan(time);
        expect(openTimeOf(interval, closeTime - 1, boundary)).toBe(openTime);
        expect(openTimeOf(interval, closeTime, boundary)).toBe(closeTime);
        expect(nextOpenTime(interval, time, boundary)).toBe(time === openTime ? time : closeTime);
      }),
    );
  });

  test('by New York days, weeks and months all begin at 17:00 there, on a whole hour of UTC', () => {
    fc.assert(
      fc.property(fc.constantFrom('DAY_1', 'WEEK_1', 'MONTH_1'), times, (interval, time) => {
        const openTime = openTimeOf(interval, time, 'NY_1700');
        const local = DateTime.fromMillis(openTime, { zone: 'America/New_York' });
        expect(local.toFormat('HH:mm:ss.SSS')).toBe('17:00:00.000');
        expect(openTime % 3_600_000).toBe(0);
        if (interval === 'WEEK_1') expect(local.weekdayLong).toBe('Sunday');
        if (interval === 'MONTH_1') expect(local.plus({ days: 1 }).day).toBe(1);
      }),
    );
  });

  test('candles shorter than a day do not depend on the day boundary', () => {
    const short = candleIntervals.filter((interval) => !/^(DAY|WEEK|MONTH)/.test(interval));
    fc.assert(
      fc.property(fc.constantFrom(...short), times, (interval, time) => {
        expect(openTimeOf(interval, time, 'NY_1700')).toBe(openTimeOf(interval, time, 'UTC'));
      }),
    );
  });
});
