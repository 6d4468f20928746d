import { describe, expect, it } from '@jest/globals';
import { decimal } from '#shared/decimal.ts';
import { factsOf, holds, type Condition } from './rule-condition.ts';

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
});
