import { describe, expect, test } from '@jest/globals';
import { problemOfQuote } from './validate-quote.ts';

const receivedAt = Date.parse('2026-11-20T10:00:00Z');
const good = { symbol: 'XAU-USD', bid: '4084.30', ask: '4084.91', time: receivedAt };
const limits = { maxSpreadBps: 50, receivedAt };

describe('validation of quotes', () => {
  test('a usual quote is accepted', () => {
    expect(problemOfQuote(good, limits)).toBeUndefined();
  });

  test.each(['', 'NaN', '-1', '+1', '1e3', '0x10', 'Infinity', '1,284.9', '.5', '1234567890123', '1.12345678'])(
    'a price %p is not readable',
    (bid) => {
      expect(problemOfQuote({ ...good, bid }, limits)).toBe('UNREADABLE_PRICE');
    },
  );

  test('a price of zero is refused', () => {
    expect(problemOfQuote({ ...good, bid: '0.00' }, limits)).toBe('NOT_POSITIVE');
  });

  test('a bid that is not below the ask is refused', () => {
    expect(problemOfQuote({ ...good, bid: good.ask }, limits)).toBe('CROSSED');
    expect(problemOfQuote({ ...good, bid: '10000', ask: '9999' }, limits)).toBe('CROSSED');
  });

  test('a spread is refused only above the limit', () => {
    expect(problemOfQuote({ ...good, bid: '1995', ask: '2005' }, limits)).toBeUndefined();
    expect(problemOfQuote({ ...good, bid: '1994.99', ask: '2005' }, limits)).toBe('WIDE_SPREAD');
  });

  test("a feed's clock may be five seconds ahead and any time behind", () => {
    expect(problemOfQuote({ ...good, time: receivedAt + 5_000 }, limits)).toBeUndefined();
    expect(problemOfQuote({ ...good, time: receivedAt + 5_001 }, limits)).toBe('FUTURE_TIME');
    expect(problemOfQuote({ ...good, time: Date.parse('2014-05-02T12:00:00Z') }, limits)).toBeUndefined();
    expect(problemOfQuote({ ...good, time: Number.NaN }, limits)).toBe('UNREADABLE_TIME');
  });
});
