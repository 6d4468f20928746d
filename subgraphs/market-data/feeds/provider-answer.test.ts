import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Decimal } from '#shared/decimal.ts';
import { problemOfPrices } from '../domain/validate-quote.ts';
import { ProviderProblem, readJson, readObject, readPrice, readTime } from './provider-answer.ts';

describe('a price that was read', () => {
  test.each([
    ['4389.049', '4389.049'],
    ['4084.0', '4084.0'],
    ['5018.990', '5018.990'],
    ['1.2E3', '1200'],
    ['40840e-1', '4084'],
    ['4.0840001e+3', '4084.0001'],
    ['4038.0953919274', '4038.0953919'],
    ['1.00000005', '1'],
    ['1.00000015', '1.0000002'],
  ])('%s is %s', (written, price) => {
    expect(readPrice(readObject(readJson(`{"price":${written}}`), 'the answer').price, 'price')).toBe(price);
  });

  test.each([
    '0',
    '0.00000001',
    '-1',
    '1e12',
    '1e999999999',
    '1e-999999999',
    '"1,200"',
    '" 1"',
    '""',
    'null',
    'true',
    '[1]',
  ])('%s is no price', (written) => {
    const { price } = readObject(readJson(`{"price":${written}}`), 'the answer');
    expect(() => readPrice(price, 'price')).toThrow(ProviderProblem);
  });

  test('can always be published, and is what was written to within its last decimal', () => {
    const written = fc.tuple(fc.double({ min: 1e-6, max: 1e11, noNaN: true }), fc.boolean());
    fc.assert(
      fc.property(written, ([value, isExponential]) => {
        const text = isExponential ? value.toExponential() : String(value);
        const price = readPrice(text, 'price');
        expect(problemOfPrices({ bid: price, ask: '999999999999' })).toBeUndefined();
        expect(new Decimal(price).minus(text).abs().lte('5e-8')).toBe(true);
      }),
    );
  });
});

describe('an instant that was read', () => {
  test.each([
    ['2026-07-03T16:08:54Z', '2026-07-03T16:08:54.000Z'],
    ['2023-09-25T09:04:31.742648Z', '2023-09-25T09:04:31.742Z'],
    ['2026-07-03T19:38:54+03:30', '2026-07-03T16:08:54.000Z'],
    ['1773660307', '2026-03-16T11:25:07.000Z'],
    ['1773660307.5', '2026-03-16T11:25:07.500Z'],
    ['1787059781075', '2026-08-18T13:29:41.075Z'],
  ])('%s is %s', (written, instant) => {
    expect(new Date(readTime(written, 'time')).toISOString()).toBe(instant);
  });

  test.each(['2026-07-03T16:08:54', '2026-07-03', '2026-13-03T16:08:54Z', '1e300', '0', 'soon', '', null, undefined])(
    '%p is none',
    (written) => {
      expect(() => readTime(written, 'time')).toThrow(ProviderProblem);
    },
  );
});
