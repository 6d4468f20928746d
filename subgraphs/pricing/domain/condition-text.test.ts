import { expect, it } from '@jest/globals';
import { decimal } from '#shared/decimal.ts';
import { textOf } from './condition-text.ts';

it('a condition can be read by people', () => {
  expect(textOf({ all: [] })).toBe('always');
  expect(
    textOf({
      all: [
        { field: 'side', op: 'EQ', value: 'BUY' },
        {
          any: [{ field: 'sku', op: 'NE', value: 'A' }, { not: { all: [{ field: 'kind', op: 'EQ', value: 'BAR' }] } }],
        },
        { all: [{ field: 'quantity', op: 'GTE', value: decimal(10) }] },
        { field: 'fineGrams', op: 'BETWEEN', value: [decimal('0.5'), decimal(10)] },
        { field: 'customerGroup', op: 'NIN', value: ['VIP', 'STAFF'] },
        { field: 'coupon', op: 'IN', value: ['A', 'B'] },
      ],
    }),
  ).toBe(
    'side = BUY and (sku != A or not (kind = BAR)) and quantity >= 10 and fineGrams from 0.5 to 10 ' +
      'and customerGroup not in (VIP, STAFF) and coupon in (A, B)',
  );
});
