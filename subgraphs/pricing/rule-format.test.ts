import { describe, expect, it } from '@jest/globals';
import { seededRules } from '#prisma/pricing/seeded-rules.ts';
import { readRule, type StoredRule } from './rule-format.ts';

const stored: StoredRule = {
  code: 'PREMIUM',
  version: 2,
  name: 'Premium',
  stage: 'PREMIUM',
  priority: 10,
  conditions: { field: 'side', op: 'EQ', value: 'BUY' },
  effect: { type: 'PERCENT', base: 'METAL_VALUE', value: '2.5' },
  validFrom: new Date('2026-01-01T00:00:00Z'),
  validTo: null,
};

function tiered(...tiers: [from: string, to: string | null][]) {
  return {
    type: 'TIERED',
    over: 'quantity',
    tierMode: 'SLAB',
    of: 'PERCENT',
    base: 'METAL_VALUE',
    tiers: tiers.map(([from, to]) => ({ from, to, value: '1' })),
  };
}

describe('a stored rule', () => {
  it('is read with exact numbers, and adds where it does not say that it takes away', () => {
    const { effect, validFrom } = readRule(stored);
    expect(effect).toMatchObject({ type: 'PERCENT', sign: '+' });
    expect('value' in effect && effect.value.toFixed()).toBe('2.5');
    expect(validFrom).toBe(Date.parse('2026-01-01T00:00:00Z'));
  });

  it.each<[string, Partial<StoredRule>]>([
    ['asks about something unknown', { conditions: { field: 'weather', op: 'EQ', value: 'fine' } }],
    ['compares in an unknown way', { conditions: { field: 'quantity', op: 'ABOUT', value: '3' } }],
    ['compares texts by size', { conditions: { field: 'sku', op: 'GT', value: 'A' } }],
    ['knows no such side', { conditions: { field: 'side', op: 'EQ', value: 'BYU' } }],
    ['has a key that means nothing here', { conditions: { all: [], any: [] } }],
    ['has a number that is not exact', { effect: { type: 'PERCENT', base: 'METAL_VALUE', value: 2.5 } }],
    ['has an unknown effect', { effect: { type: 'MAGIC', value: '1' } }],
    ['has no tiers', { effect: tiered() }],
    ['has tiers with a gap', { effect: tiered(['0', '10'], ['11', null]) }],
    ['has tiers that overlap', { effect: tiered(['0', '10'], ['9', null]) }],
    ['has a tier of nothing', { effect: tiered(['5', '5']) }],
    ['has a tier behind the one without an end', { effect: tiered(['0', null], ['10', null]) }],
    ['has tiers of money without a currency', { effect: { ...tiered(['0', null]), of: 'PER_PIECE', base: undefined } }],
    ['has tiers of percents of nothing', { effect: { ...tiered(['0', null]), base: undefined } }],
    [
      'has an amount for everything in parts',
      { effect: { ...tiered(['0', null]), of: 'FLAT', base: undefined, currency: 'USD', tierMode: 'GRADUATED' } },
    ],
    ['asks for a coupon that cannot be', { conditions: { field: 'coupon', op: 'EQ', value: 'welcome' } }],
    ['has an amount without a currency', { effect: { type: 'FLAT', value: '5' } }],
    ['changes the value of the metal', { stage: 'METAL_VALUE' }],
    ['rounds before the end', { effect: { type: 'ROUND', step: '1', currency: 'USD' } }],
    [
      'rounds to what there are no coins for',
      { stage: 'ROUNDING', effect: { type: 'ROUND', step: '0.005', currency: 'USD' } },
    ],
    ['rounds to nothing', { stage: 'ROUNDING', effect: { type: 'ROUND', step: '0', currency: 'USD' } }],
  ])('is refused as a whole when it %s', (_why, values) => {
    expect(() => readRule({ ...stored, ...values })).toThrow('The rule PREMIUM cannot be read');
  });

  it('of the seed can be read, every one', () => {
    expect(seededRules.map((rule) => readRule(rule).code)).toHaveLength(seededRules.length);
    expect(new Set(seededRules.map(({ code }) => code)).size).toBe(seededRules.length);
  });
});
