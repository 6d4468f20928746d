import { describe, expect, test } from '@jest/globals';
import { isTooWide, problemOfPrices, problemOfTime } from './validate-quote.ts';

const now = Date.parse('2026-11-20T10:00:00Z');
const good = { bid: '4084.30', ask: '4084.91' };
const live = { isLive: true, freshForMs: 10_000 };

describe('validation of quotes', () => {
  test('a usual quote is accepted', () => {
    expect(problemOfPrices(good)).toBeUndefined();
    expect(problemOfTime(now, live, { now })).toBeUndefined();
  });

  test.each(['', 'NaN', '-1', '+1', '1e3', '0x10', 'Infinity', '1,284.9', '.5', '1234567890123', '1.12345678'])(
    'a price %p is not readable',
    (text) => {
      expect(problemOfPrices({ ...good, bid: text })).toBe('UNREADABLE_PRICE');
      expect(problemOfPrices({ ...good, ask: text })).toBe('UNREADABLE_PRICE');
    },
  );

  test('a price of zero is refused', () => {
    expect(problemOfPrices({ ...good, bid: '0.00' })).toBe('NOT_POSITIVE');
    expect(problemOfPrices({ bid: '0', ask: '0' }, { mayBeMid: true })).toBe('NOT_POSITIVE');
  });

  test('a bid above the ask is refused, and one that is the same unless it may be a mid price', () => {
    expect(problemOfPrices({ bid: '10000', ask: '9999' }, { mayBeMid: true })).toBe('CROSSED');
    expect(problemOfPrices({ bid: '4084.9', ask: '4084.90' })).toBe('CROSSED');
    expect(problemOfPrices({ bid: '4084.9', ask: '4084.90' }, { mayBeMid: true })).toBeUndefined();
  });

  test('a spread is too wide only above the limit', () => {
    expect(isTooWide({ bid: '1995', ask: '2005' }, 50)).toBe(false);
    expect(isTooWide({ bid: '1994.99', ask: '2005' }, 50)).toBe(true);
  });

  test("a live source's clock may be five seconds ahead, and five behind the time that its prices hold", () => {
    expect(problemOfTime(now + 5_000, live, { now })).toBeUndefined();
    expect(problemOfTime(now + 5_001, live, { now })).toBe('FUTURE_TIME');
    expect(problemOfTime(now - 15_000, live, { now })).toBeUndefined();
    expect(problemOfTime(now - 15_001, live, { now })).toBe('OLD_TIME');
  });

  test('a live source may repeat its last time but not go behind it', () => {
    expect(problemOfTime(now, live, { now, lastTime: now })).toBeUndefined();
    expect(problemOfTime(now - 1, live, { now, lastTime: now })).toBe('OUT_OF_ORDER');
  });

  test('a recording may be of any time and order, but of a time', () => {
    const recorded = { isLive: false, freshForMs: 10_000 };
    for (const time of [Date.parse('2014-05-02T12:00:00Z'), now + 86_400_000])
      expect(problemOfTime(time, recorded, { now, lastTime: now + 1 })).toBeUndefined();
    for (const time of [Number.NaN, 0, -1, 1.5, Infinity])
      expect(problemOfTime(time, recorded, { now })).toBe('UNREADABLE_TIME');
  });
});
