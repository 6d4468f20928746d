import { describe, expect, it } from '@jest/globals';
import { decimal } from '#shared/decimal.ts';
import { availableOf, instrumentOf, isSku, searchWords, weightOf } from './product.ts';

describe('a product', () => {
  it('weighs in the unit that people know it by, to 7 decimals, and in grams exactly', () => {
    const { value, grams } = weightOf(decimal('33.93'), 'TROY_OUNCE');
    expect([value.toFixed(), grams.toFixed()]).toEqual(['1.0908748', '33.93']);
  });

  it('follows the instrument of its metal and currency', () => {
    expect(instrumentOf({ metal: 'XAU', currency: 'TRY' })).toEqual({ symbol: 'XAU-TRY', metal: 'XAU' });
  });

  it('has available what is on hand and neither reserved, allocated nor kept back', () => {
    const stock = { sku: 'X', onHand: 10, reserved: 2, allocated: 3, safetyStock: 1 };
    expect(availableOf(stock)).toBe(4);
    expect(availableOf({ ...stock, safetyStock: 9 })).toBe(0);
  });

  it.each([
    ['BAR-100G', true],
    ['', false],
    ['bar', false],
    ['A B', false],
    ['A'.repeat(65), false],
  ])('may have the SKU %j: %p', (sku, expected) => {
    expect(isSku(sku)).toBe(expected);
  });

  it('is searched for word by word', () => {
    expect(searchWords('  gold\tbar\u0000100%  ')).toEqual(['gold', 'bar', '100%']);
    expect(searchWords(' ')).toEqual([]);
  });
});
