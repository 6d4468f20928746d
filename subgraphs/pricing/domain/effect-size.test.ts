import { describe, expect, it } from '@jest/globals';
import { decimal } from '#shared/decimal.ts';
import { sizeOf } from './effect-size.ts';
import { ounceBar } from './pricing-builders.ts';
import type { TieredEffect } from './pricing-rule.ts';
import { factsOf } from './rule-condition.ts';

/** A commission on the value: 0.8 % of the first 30000, 0.4 % of the next, 0.1 % of the next 540000, then 0.02 %. */
const commission: TieredEffect = {
  type: 'TIERED',
  over: 'metalValue',
  tierMode: 'GRADUATED',
  of: 'PERCENT',
  base: 'METAL_VALUE',
  currency: 'USD',
  tiers: tiers(['0', '0.8'], ['30000', '0.4'], ['60000', '0.1'], ['600000', '0.02']),
  sign: '+',
};

const perPiece: TieredEffect = {
  type: 'TIERED',
  over: 'quantity',
  tierMode: 'SLAB',
  of: 'PER_PIECE',
  currency: 'USD',
  tiers: [
    { from: decimal(10), to: decimal(50), value: decimal(3) },
    { from: decimal(50), to: decimal(100), value: decimal(5) },
  ],
  sign: '-',
};

describe('an effect in tiers', () => {
  // Test vector: 240 + 120 + 40.
  it.each([
    ['30000', '240'],
    ['100000', '400'],
    ['600000', '900'],
    ['700000', '920'],
  ])('that is graduated takes of %s what each of its parts owes: %s', (metalValue, size) => {
    expect(of(commission, { metalValue })).toBe(size);
  });

  it('that is graduated over grams or pieces weighs percents by the parts', () => {
    const half = { ...commission, currency: undefined, tiers: tiers(['0', '2'], ['2', '1']) };
    expect(of({ ...half, over: 'quantity' }, { metalValue: '1000', quantity: 4 })).toBe('15');
    const grams = { ...half, over: 'totalFineGrams' as const, tiers: tiers(['0', '2'], ['62.2069536', '1']) };
    expect(of(grams, { metalValue: '1000', quantity: 4 })).toBe('15');
  });

  it('that is a slab gives all of it the value of the tier that it is in, which begins with its first number', () => {
    const sizes = [9, 10, 49, 50, 99, 100].map((quantity) => of(perPiece, { quantity }));
    expect(sizes).toEqual([undefined, '30', '147', '250', '495', undefined]);
  });

  it('that is graduated counts only what lies in a tier', () => {
    const graduated = { ...perPiece, tierMode: 'GRADUATED' as const };
    const sizes = [9, 10, 12, 60, 1000].map((quantity) => of(graduated, { quantity }));
    expect(sizes).toEqual([undefined, undefined, '6', '170', '370']);
  });

  it('can be an amount for each gram, or one for everything', () => {
    const grams = { ...perPiece, of: 'PER_GRAM' as const };
    expect(of(grams, { quantity: 10 })).toBe(decimal('31.1034768').times(30).toFixed());
    expect(of({ ...perPiece, of: 'FLAT' }, { quantity: 10 })).toBe('3');
  });

  it('of metal that is worth nothing in whole coins is nothing', () => {
    expect(of(commission, { metalValue: '0' })).toBeUndefined();
    expect(of({ ...commission, tierMode: 'SLAB' }, { metalValue: '0' })).toBe('0');
  });
});

function of(effect: TieredEffect, { metalValue = '1000', quantity = 1 }): string | undefined {
  const value = decimal(metalValue);
  const facts = factsOf(ounceBar, 'BUY', decimal(quantity), 'USD');
  return sizeOf(effect, { facts, metalValue: value, subtotal: value })?.toFixed();
}

function tiers(...bands: [from: string, value: string][]) {
  return bands.map(([from, value], index) => {
    const to = bands[index + 1]?.[0];
    return { from: decimal(from), to: to === undefined ? null : decimal(to), value: decimal(value) };
  });
}
