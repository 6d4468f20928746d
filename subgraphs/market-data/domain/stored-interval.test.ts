import { describe, expect, test } from '@jest/globals';
import { intervalOfTimes } from './stored-interval.ts';

const times = (...texts: string[]) => texts.map((text) => Date.parse(text));
const minute = 60_000;
const every = (distance: number, count: number) =>
  Array.from({ length: count }, (_each, index) => Date.parse('2026-03-02T00:00:00Z') + index * distance);

describe('the interval of a file', () => {
  test('is the commonest distance between its rows, whatever nights and weekends lie between them', () => {
    const withGaps = [...every(minute, 50), ...every(minute, 50).map((time) => time + 2_941 * minute)];
    expect(intervalOfTimes(withGaps)).toEqual({ interval: 'MINUTE_1' });
    expect(intervalOfTimes(every(60 * minute, 3))).toEqual({ interval: 'HOUR_1' });
    expect(intervalOfTimes(times('2026-03-04', '2026-03-05', '2026-03-06', '2026-03-09'))).toEqual({
      interval: 'DAY_1',
    });
  });

  test('may be a month, whose length varies, also where the newest row comes first', () => {
    const months = times('2026-04-01', '2026-03-01', '2026-02-01', '2026-01-01', '2025-12-01');
    expect(intervalOfTimes(months)).toEqual({ interval: 'MONTH_1' });
  });

  test('is not hidden by wrong rows among the right ones', () => {
    const wrong = every(minute, 20).map((time, index) => (index % 5 === 0 ? time + 7_000 : time));
    expect(intervalOfTimes(wrong)).toEqual({ interval: 'MINUTE_1' });
  });

  test('is none where the distance is of candles that are not stored, or of nothing', () => {
    expect(intervalOfTimes(every(5 * minute, 10))).toEqual({ interval: undefined, distanceMs: 5 * minute });
    expect(intervalOfTimes(every(28 * 1_440 * minute, 10))).toMatchObject({ interval: undefined });
    expect(intervalOfTimes(every(minute, 1))).toEqual({ interval: undefined, distanceMs: undefined });
    expect(intervalOfTimes([...every(minute, 1), ...every(minute, 1)])).toMatchObject({ distanceMs: undefined });
  });
});
