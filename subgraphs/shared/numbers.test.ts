import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { decimal, sum } from './decimal.ts';
import { moneyToWire, roundMoney } from './money.ts';
import { fineWeight, fromGrams, pricePerUnit, toGrams } from './weight.ts';

describe('exact numbers', () => {
  test('refuse a JavaScript number that is not whole, because it is not exact', () => {
    expect(() => decimal(0.1)).toThrow('not an exact number');
    expect(decimal('0.1').plus('0.2').toString()).toBe('0.3');
  });

  test('add up the same in any order', () => {
    const amounts = fc.array(
      fc.bigInt({ min: -(10n ** 15n), max: 10n ** 15n }).map((units) => decimal(units).div(10_000)),
    );
    fc.assert(fc.property(amounts, (values) => sum(values).equals(sum(values.toReversed()))));
  });
});

describe('money', () => {
  test.each([
    ['1.005', 'USD', 'UP', '1.01'],
    ['1.005', 'USD', 'DOWN', '1.00'],
    ['1.005', 'USD', 'HALF_EVEN', '1.00'],
    ['1.015', 'USD', 'HALF_EVEN', '1.02'],
    ['-1.001', 'USD', 'UP', '-1.01'],
    ['1499.5', 'IRR', 'HALF_UP', '1500'],
    ['1.23456', 'KWD', 'HALF_UP', '1.235'],
  ] as const)('%s %s rounded %s is %s', (amount, currency, mode, expected) => {
    expect(moneyToWire(roundMoney(amount, currency, mode)).amount).toBe(expected);
  });

  test('is refused in a currency that is not traded here', () => {
    expect(() => roundMoney('1', 'XXX', 'UP')).toThrow('XXX is not a currency that is traded here');
  });
});

describe('weights', () => {
  test.each([
    ['1000', '995', '31.990'],
    ['1000', '999', '32.119'],
    ['1000', '999.9', '32.148'],
  ])('%s g at %s permille hold %s troy ounces of fine gold (LBMA)', (gross, fineness, ounces) => {
    expect(fromGrams(fineWeight(gross, fineness), 'TROY_OUNCE').toFixed(3)).toBe(ounces);
  });

  test('401.125 troy ounces at 995.8 permille hold 399.440 fine (LBMA, Annex C)', () => {
    expect(fineWeight('401.125', '995.8').toFixed(3)).toBe('399.440');
  });

  test.each([
    ['995', '3.731'],
    ['999', '3.746'],
    ['999.9', '3.750'],
  ])('10 tola at %s permille hold %s troy ounces', (fineness, ounces) => {
    expect(fromGrams(fineWeight(toGrams('10', 'TOLA'), fineness), 'TROY_OUNCE').toFixed(3)).toBe(ounces);
  });

  test.each([
    ['1000', '161.3747'],
    [decimal('22').div(24).times(1000), '147.9268'],
    [decimal('21').div(24).times(1000), '141.2029'],
    ['750', '121.0310'],
  ])('an ounce at 5019.315 makes a gram of %s permille cost %s', (fineness, price) => {
    expect(pricePerUnit('5019.315', 'GRAM', fineness).toFixed(4)).toBe(price);
  });

  test.each(['0', '-1', '1000.1'])('a fineness of %s permille is refused', (fineness) => {
    expect(() => fineWeight('1', fineness)).toThrow('fineness is in permille');
  });
});
