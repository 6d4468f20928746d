import { describe, expect, test } from '@jest/globals';
import { marketStatus } from './market-hours.ts';

const status = (instant: string) => {
  const { state, nextChangeAt } = marketStatus('new-york', Date.parse(instant));
  return `${state} until ${new Date(nextChangeAt!).toISOString()}`;
};

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

  test('each change leads to another state at exactly its time, through a whole year', () => {
    let at = Date.parse('2026-01-01T12:00:00Z');
    const end = Date.parse('2027-01-01T12:00:00Z');
    for (let changes = 0; at < end; changes += 1) {
      const before = marketStatus('new-york', at);
      const next = before.nextChangeAt!;
      expect(marketStatus('new-york', next - 1).state).toBe(before.state);
      expect(marketStatus('new-york', next).state).not.toBe(before.state);
      expect(changes).toBeLessThan(600);
      at = next;
    }
  });

  test('an always open market has no next change', () => {
    expect(marketStatus('always-open', 0)).toEqual({ state: 'OPEN', reason: null, nextChangeAt: null });
  });
});
