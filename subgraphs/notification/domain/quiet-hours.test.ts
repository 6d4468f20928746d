import { describe, expect, test } from '@jest/globals';
import { isLocalTime, isTimeZone, quietUntil, type QuietHours } from './quiet-hours.ts';

const night: QuietHours = { timeZone: 'Europe/Berlin', from: '22:00', to: '07:00', behaviour: 'DEFER' };

function until(hours: Partial<QuietHours>, now: string): string | undefined {
  const end = quietUntil({ ...night, ...hours }, Date.parse(now));
  return end === undefined ? undefined : new Date(end).toISOString();
}

describe('quiet hours', () => {
  test.each([
    ['before midnight', '2026-01-10T23:30:00+01:00', '2026-01-11T06:00:00.000Z'],
    ['behind midnight', '2026-01-11T03:00:00+01:00', '2026-01-11T06:00:00.000Z'],
    ['in their first moment', '2026-01-10T22:00:00+01:00', '2026-01-11T06:00:00.000Z'],
    ['in their last moment', '2026-01-11T06:59:59.999+01:00', '2026-01-11T06:00:00.000Z'],
    ['when they end', '2026-01-11T07:00:00+01:00', undefined],
    ['just before they begin', '2026-01-10T21:59:59.999+01:00', undefined],
  ])('over midnight hold %s', (_when, now, end) => expect(until({}, now)).toBe(end));

  test('within one day hold on that day', () => {
    const noon = { from: '12:00', to: '13:30' };
    expect(until(noon, '2026-01-10T12:15:00+01:00')).toBe('2026-01-10T12:30:00.000Z');
    expect(until(noon, '2026-01-10T13:30:00+01:00')).toBeUndefined();
    expect(until(noon, '2026-01-10T11:59:00+01:00')).toBeUndefined();
  });

  test('are an hour shorter in the night in which the clock leaps forward', () => {
    expect(until({}, '2026-03-28T23:00:00+01:00')).toBe('2026-03-29T05:00:00.000Z');
    expect(until({}, '2026-03-29T06:30:00+02:00')).toBe('2026-03-29T05:00:00.000Z');
    expect(until({}, '2026-03-29T07:00:00+02:00')).toBeUndefined();
  });

  test('are an hour longer in the night in which the clock is set back', () => {
    expect(until({}, '2026-10-24T22:30:00+02:00')).toBe('2026-10-25T06:00:00.000Z');
    expect(until({}, '2026-10-25T06:30:00+01:00')).toBe('2026-10-25T06:00:00.000Z');
  });

  test('whose end the clock leaps over end when it has leapt', () => {
    expect(until({ from: '00:00', to: '02:30' }, '2026-03-29T01:30:00+01:00')).toBe('2026-03-29T01:30:00.000Z');
  });

  test('follow the clock of their own time zone', () => {
    const tehran = { timeZone: 'Asia/Tehran' };
    expect(until(tehran, '2026-06-01T18:29:00Z')).toBeUndefined();
    expect(until(tehran, '2026-06-01T18:30:00Z')).toBe('2026-06-02T03:30:00.000Z');
  });
});

test('a local time has two digits each and exists', () => {
  expect(['00:00', '07:05', '23:59'].every(isLocalTime)).toBe(true);
  expect(['24:00', '7:00', '07:60', '0700', '07:00:00', ''].some(isLocalTime)).toBe(false);
});

test('a time zone is one of the IANA database', () => {
  expect(['Europe/Berlin', 'Asia/Tehran', 'UTC'].every(isTimeZone)).toBe(true);
  expect(['Mars/Phobos', '+02:00', '', 'Europe', '22:00'].some(isTimeZone)).toBe(false);
});
