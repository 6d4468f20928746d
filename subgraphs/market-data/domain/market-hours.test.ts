import { describe, expect, test } from '@jest/globals';
import { createMarketClock, marketStatus, type MarketCalendar } from './market-hours.ts';

const newYork: MarketCalendar = { hours: 'new-york', holidays: [] };
const status = (instant: string, ...holidays: string[]) => {
  const { state, nextChangeAt } = marketStatus({ hours: 'new-york', holidays }, Date.parse(instant));
  return `${state} until ${new Date(nextChangeAt!).toISOString()}`;
};
const open = (instant: string) => marketStatus(newYork, Date.parse(instant)).state === 'OPEN';

describe('market hours of New York', () => {
  test.each([
    ['Monday morning', '2026-11-16T14:00:00Z', 'OPEN until 2026-11-16T22:00:00.000Z'],
    ['the last millisecond before the break', '2026-11-16T21:59:59.999Z', 'OPEN until 2026-11-16T22:00:00.000Z'],
    ['the break', '2026-11-16T22:00:00Z', 'DAILY_BREAK until 2026-11-16T23:00:00.000Z'],
    ['after the break', '2026-11-16T23:00:00Z', 'OPEN until 2026-11-17T22:00:00.000Z'],
    ['Thursday evening', '2026-11-19T23:30:00Z', 'OPEN until 2026-11-20T22:00:00.000Z'],
    ['Friday 17:00', '2026-11-20T22:00:00Z', 'WEEKEND until 2026-11-22T23:00:00.000Z'],
    ['Saturday', '2026-11-21T12:00:00Z', 'WEEKEND until 2026-11-22T23:00:00.000Z'],
    ['Sunday before the opening', '2026-11-22T22:59:59Z', 'WEEKEND until 2026-11-22T23:00:00.000Z'],
    ['Sunday after the opening', '2026-11-22T23:00:00Z', 'OPEN until 2026-11-23T22:00:00.000Z'],
  ])('%s', (_name, instant, expected) => {
    expect(status(instant)).toBe(expected);
  });

  test('when daylight saving begins on a weekend, the market opens an hour earlier in UTC', () => {
    expect(status('2026-03-06T21:59:00Z')).toBe('OPEN until 2026-03-06T22:00:00.000Z');
    expect(status('2026-03-07T12:00:00Z')).toBe('WEEKEND until 2026-03-08T22:00:00.000Z');
    expect(status('2026-03-08T22:00:00Z')).toBe('OPEN until 2026-03-09T21:00:00.000Z');
  });

  test('when daylight saving ends on a weekend, the market opens an hour later in UTC', () => {
    expect(status('2026-10-30T20:59:00Z')).toBe('OPEN until 2026-10-30T21:00:00.000Z');
    expect(status('2026-10-31T12:00:00Z')).toBe('WEEKEND until 2026-11-01T23:00:00.000Z');
    expect(status('2026-11-01T22:30:00Z')).toBe('WEEKEND until 2026-11-01T23:00:00.000Z');
    expect(status('2026-11-01T23:00:00Z')).toBe('OPEN until 2026-11-02T22:00:00.000Z');
  });

  test('each change leads to another state at exactly its time, through years with holidays and early closes', () => {
    const calendar = {
      ...newYork,
      holidays: ['2026-11-26@14:30', '2026-11-27@13:30', '2026-12-28', '2027-01-05@00:30'],
    };
    let at = Date.parse('2026-01-01T12:00:00Z');
    const end = Date.parse('2027-02-01T12:00:00Z');
    for (let changes = 0; at < end; changes += 1) {
      const before = marketStatus(calendar, at);
      const next = before.nextChangeAt!;
      expect(marketStatus(calendar, next - 1)).toEqual(before);
      expect(marketStatus(calendar, next).state).not.toBe(before.state);
      expect(changes).toBeLessThan(700);
      at = next;
    }
  });

  test('an always open market has no next change', () => {
    const never = { state: 'OPEN', reason: null, nextChangeAt: null };
    expect(marketStatus({ hours: 'always-open', holidays: ['1970-01-01'] }, 0)).toEqual(never);
  });
});

describe('holidays', () => {
  test('a holiday is closed from 17:00 of the day before until 18:00, without a daily break at either end', () => {
    // Thursday 1 January 2026.
    expect(status('2025-12-31T21:59:59Z')).toBe('OPEN until 2025-12-31T22:00:00.000Z');
    expect(status('2025-12-31T22:00:00Z')).toBe('HOLIDAY until 2026-01-01T23:00:00.000Z');
    expect(status('2026-01-01T23:00:00Z')).toBe('OPEN until 2026-01-02T22:00:00.000Z');
  });

  test('a holiday on a Friday becomes the weekend at 17:00, and one on a Monday follows it at 18:00 on Sunday', () => {
    expect(status('2026-12-24T22:00:00Z')).toBe('HOLIDAY until 2026-12-25T22:00:00.000Z');
    expect(status('2026-12-25T22:00:00Z', '2026-12-28')).toBe('WEEKEND until 2026-12-27T23:00:00.000Z');
    expect(status('2026-12-27T23:00:00Z', '2026-12-28')).toBe('HOLIDAY until 2026-12-28T23:00:00.000Z');
    expect(status('2026-12-28T23:00:00Z', '2026-12-28')).toBe('OPEN until 2026-12-29T22:00:00.000Z');
  });

  test('two holidays behind each other are one', () => {
    expect(status('2026-12-08T22:00:00Z', '2026-12-09', '2026-12-10')).toBe('HOLIDAY until 2026-12-10T23:00:00.000Z');
  });

  test('after an early close the market stays closed until 18:00, or over the weekend', () => {
    const early = ['2026-11-26@14:30', '2026-11-27@13:30'];
    expect(status('2026-11-26T15:00:00Z', ...early)).toBe('OPEN until 2026-11-26T19:30:00.000Z');
    expect(status('2026-11-26T19:30:00Z', ...early)).toBe('HOLIDAY until 2026-11-26T23:00:00.000Z');
    expect(status('2026-11-27T00:00:00Z', ...early)).toBe('OPEN until 2026-11-27T18:30:00.000Z');
    expect(status('2026-11-27T18:30:00Z', ...early)).toBe('HOLIDAY until 2026-11-27T22:00:00.000Z');
    expect(status('2026-11-27T22:00:00Z', ...early)).toBe('WEEKEND until 2026-11-29T23:00:00.000Z');
  });

  test('the earlier of two closes of one day counts, whichever is named first', () => {
    const noon = (...holidays: string[]) =>
      [holidays, holidays.toReversed()].map((each) => status('2026-11-27T12:00:00Z', ...each));
    const [early, full] = ['OPEN until 2026-11-27T18:30:00.000Z', 'HOLIDAY until 2026-11-27T22:00:00.000Z'];
    expect(noon('2026-11-27@14:30', '2026-11-27@13:30')).toEqual([early, early]);
    expect(noon('2026-11-27@13:30', '2026-11-27')).toEqual([full, full]);
  });

  test('a holiday on a weekend changes nothing', () => {
    expect(status('2026-11-21T12:00:00Z', '2026-11-21', '2026-11-22')).toBe(status('2026-11-21T12:00:00Z'));
  });

  // Dates of Easter Sunday: 20 April 2014, 4 April 2021, 9 April 2023, 31 March 2024, 5 April 2026, 25 April 2038.
  test.each(['2014-04-18', '2021-04-02', '2023-04-07', '2024-03-29', '2026-04-03', '2038-04-23'])(
    '%s is Good Friday',
    (day) => {
      expect([open(`${day}T15:00:00Z`), open(`${day}T02:00:00Z`)]).toEqual([false, false]);
      expect(marketStatus(newYork, Date.parse(`${day}T15:00:00Z`)).state).toBe('HOLIDAY');
    },
  );

  test('Christmas is kept on the nearest weekday, New Year on Monday but not on Friday', () => {
    const noon = (...days: string[]) => days.map((day) => open(`${day}T17:00:00Z`));
    // 25 December 2021 was a Saturday and 1 January 2022 as well.
    expect(noon('2021-12-23', '2021-12-24', '2021-12-27', '2021-12-31', '2022-01-03')).toEqual([
      true,
      false,
      true,
      true,
      true,
    ]);
    // 25 December 2022 was a Sunday and 1 January 2023 as well.
    expect(noon('2022-12-23', '2022-12-26', '2022-12-27', '2022-12-30', '2023-01-02', '2023-01-03')).toEqual([
      true,
      false,
      true,
      true,
      false,
      true,
    ]);
  });
});

describe('a market clock', () => {
  test('tells what marketStatus tells, wherever the clock stands or steps to', () => {
    const calendar = { ...newYork, holidays: ['2026-11-26@14:30'] };
    const clock = createMarketClock(calendar);
    const start = Date.parse('2026-11-23T00:00:00Z');
    const hours = Array.from({ length: 24 * 14 }, (_each, index) => start + index * 1_800_000);
    for (const at of [...hours, ...hours.toReversed()]) expect(clock(at)).toEqual(marketStatus(calendar, at));
  });

  test('works a stretch out once', () => {
    const clock = createMarketClock(newYork);
    const at = Date.parse('2026-11-16T14:00:00Z');
    expect([clock(at), clock(at + 1)][1]).toBe(clock(at));
    const always = createMarketClock({ hours: 'always-open', holidays: [] });
    expect([always(at), always(at + 1)][1]).toBe(always(at));
  });
});
