import { describe, expect, it } from '@jest/globals';
import { decimal } from '#shared/decimal.ts';
import { couponsIn, factsOf, holds, type Condition } from './rule-condition.ts';

const facts = factsOf(
  {
    sku: 'BAR-100G',
    kind: 'BAR',
    metal: 'XAU',
    currency: 'USD',
    fineness: decimal('999.9'),
    fineWeightGrams: decimal('99.9976779'),
  },
  'BUY',
  decimal(3),
  'USD',
);

describe('a condition', () => {
  it.each<[boolean, Condition]>([
    [true, { field: 'side', op: 'EQ', value: 'BUY' }],
    [false, { field: 'side', op: 'NE', value: 'BUY' }],
    [true, { field: 'sku', op: 'IN', value: ['BAR-50G', 'BAR-100G'] }],
    [false, { field: 'sku', op: 'NIN', value: ['BAR-50G', 'BAR-100G'] }],
    [true, { field: 'quantity', op: 'EQ', value: decimal('3.0') }],
    [false, { field: 'quantity', op: 'NE', value: decimal('3') }],
    [false, { field: 'quantity', op: 'GT', value: decimal('3') }],
    [true, { field: 'quantity', op: 'GTE', value: decimal('3') }],
    [false, { field: 'quantity', op: 'LT', value: decimal('3') }],
    [true, { field: 'quantity', op: 'LTE', value: decimal('3') }],
    [true, { field: 'totalFineGrams', op: 'BETWEEN', value: [decimal('299.9930337'), decimal('300')] }],
    [false, { field: 'fineGrams', op: 'BETWEEN', value: [decimal('100'), decimal('200')] }],
  ])('is %p for %j', (expected, condition) => {
    expect(holds(condition, facts)).toBe(expected);
  });

  const yes: Condition = { field: 'metal', op: 'EQ', value: 'XAU' };
  const no: Condition = { field: 'metal', op: 'EQ', value: 'XAG' };

  it('joins others by all, any and not', () => {
    expect(holds({ all: [yes, yes] }, facts)).toBe(true);
    expect(holds({ all: [yes, no] }, facts)).toBe(false);
    expect(holds({ any: [no, yes] }, facts)).toBe(true);
    expect(holds({ any: [no, no] }, facts)).toBe(false);
    expect(holds({ not: { all: [yes, { not: no }] } }, facts)).toBe(false);
  });

  it('that asks nothing always holds', () => {
    expect(holds({ all: [] }, facts)).toBe(true);
  });

  describe('on something that is absent', () => {
    const coupon = (op: 'EQ' | 'NE', value = 'WELCOME'): Condition => ({ field: 'coupon', op, value });
    const other: Condition = { field: 'coupon', op: 'NIN', value: ['WELCOME'] };

    it.each<[string, Condition]>([
      ['is', coupon('EQ')],
      ['is not', coupon('NE')],
      ['is none of', other],
      ['not: is', { not: coupon('EQ') }],
      ['not: is not', { not: { all: [coupon('NE'), yes] } }],
      ['one of several', { any: [no, coupon('NE')] }],
    ])('does not hold, whatever it asks: %s', (_how, condition) => {
      expect(holds(condition, facts)).toBe(false);
    });

    it('does not keep another part from holding', () => {
      expect(holds({ any: [coupon('EQ'), yes] }, facts)).toBe(true);
      expect(holds({ not: { all: [coupon('EQ'), no] } }, facts)).toBe(true);
    });

    it('holds once it is there', () => {
      const given = { ...facts, coupon: 'SUMMER', customerGroup: 'WHOLESALE' };
      expect(holds(coupon('EQ', 'SUMMER'), given)).toBe(true);
      expect(holds(coupon('NE'), given)).toBe(true);
      expect(holds({ field: 'customerGroup', op: 'IN', value: ['WHOLESALE', 'VIP'] }, given)).toBe(true);
    });
  });

  it('names the coupons that it asks for, not those that it excludes', () => {
    const asks: Condition = {
      any: [
        { field: 'coupon', op: 'EQ', value: 'A' },
        { all: [{ field: 'coupon', op: 'IN', value: ['B', 'C'] }] },
        { field: 'coupon', op: 'NE', value: 'D' },
        { not: { field: 'coupon', op: 'EQ', value: 'E' } },
      ],
    };
    expect(couponsIn(asks)).toEqual(['A', 'B', 'C']);
  });
});
