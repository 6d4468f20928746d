import { describe, expect, test } from '@jest/globals';
import { parseValue } from 'graphql';
import { decimal } from './decimal.ts';
import { BigIntScalar, CurrencyCodeScalar, DateTimeScalar, DecimalScalar } from './scalars.ts';

describe('the scalar Decimal', () => {
  test('is written as a string with every digit and no exponent', () => {
    expect(DecimalScalar.serialize(decimal('0.00000001'))).toBe('0.00000001');
    expect(DecimalScalar.serialize(decimal('123456789012345678901234.5'))).toBe('123456789012345678901234.5');
  });

  test('is read exactly from strings, whole numbers and literals', () => {
    expect(DecimalScalar.parseValue('750.5').toString()).toBe('750.5');
    expect(DecimalScalar.parseValue(750).toString()).toBe('750');
    expect(DecimalScalar.parseLiteral(parseValue('0.1')).toString()).toBe('0.1');
  });

  test.each([0.1, '1e5', 'abc', '', Number.NaN, true, null])('refuses %p', (value) => {
    expect(() => DecimalScalar.parseValue(value)).toThrow();
  });
});

describe('the scalar BigInt', () => {
  test('is a string on the wire and a safe whole number inside', () => {
    expect(BigIntScalar.serialize(4711)).toBe('4711');
    expect(BigIntScalar.parseValue('4711')).toBe(4711);
    expect(BigIntScalar.parseLiteral(parseValue('4711'))).toBe(4711);
  });

  test.each(['1.5', '9007199254740993', 'x', 1.5])('refuses %p', (value) => {
    expect(() => BigIntScalar.parseValue(value)).toThrow('is not a whole number');
  });
});

describe('the scalar DateTime', () => {
  test('is UTC with milliseconds on the wire; input may carry any offset', () => {
    expect(DateTimeScalar.serialize(0)).toBe('1970-01-01T00:00:00.000Z');
    expect(DateTimeScalar.parseValue('2026-11-20T12:30:00+02:00')).toBe(Date.parse('2026-11-20T10:30:00Z'));
  });

  test.each(['2026-11-20', '2026-11-20T10:30:00', '2026-02-30T99:00:00Z', 5])('refuses %p', (value) => {
    expect(() => DateTimeScalar.parseValue(value)).toThrow('is not an instant');
  });
});

test('the scalar CurrencyCode takes only currencies that are traded here', () => {
  expect(CurrencyCodeScalar.parseValue('USD')).toBe('USD');
  expect(() => CurrencyCodeScalar.parseValue('usd')).toThrow('is not a currency');
});
