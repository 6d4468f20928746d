import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { seed } from '#prisma/order/seed.ts';
import { fromGrams } from '#shared/weight.ts';
import { startOrder, type OrderFixture } from './order-fixture.ts';

let order: OrderFixture;

beforeAll(async () => {
  order = await startOrder();
  await seed(order.databaseUrl);
});
afterAll(() => order.stop());

async function state() {
  return {
    products: await order.database.product.findMany({ orderBy: { sku: 'asc' } }),
    stock: await order.database.stockLevel.findMany({ orderBy: { sku: 'asc' } }),
    events: await order.database.outboxMessage.count(),
  };
}

describe('the seeded catalogue', () => {
  it('has what dealers sell, what is asked for most in front', async () => {
    const { nodes } = await order.catalogue.list({ first: 100 });
    expect(nodes.length).toBeGreaterThanOrEqual(40);
    expect(nodes.slice(0, 5).map(({ sku }) => sku)).toEqual([
      'BAR-100G',
      'BAR-1OZ',
      'COIN-KRUGERRAND-1OZ',
      'COIN-MAPLE-LEAF-1OZ',
      'COIN-BRITANNIA-1OZ',
    ]);
  });

  // Declared fine content in thousandths of an ounce, or grams, as the LBMA, the mints and the trade have it.
  it.each([
    ['BAR-1KG', 'TROY_OUNCE', 3, '32.148'],
    ['BAR-500G', 'TROY_OUNCE', 3, '16.074'],
    ['BAR-250G', 'TROY_OUNCE', 3, '8.037'],
    ['BAR-100G', 'TROY_OUNCE', 3, '3.215'],
    ['BAR-10TOLA', 'TROY_OUNCE', 3, '3.746'],
    ['COIN-KRUGERRAND-1OZ', 'TROY_OUNCE', 7, '1.0000000'],
    ['COIN-SOVEREIGN', 'TROY_OUNCE', 6, '0.235420'],
    ['COIN-SOVEREIGN', 'GRAM', 6, '7.322381'],
    ['COIN-EMAMI', 'GRAM', 4, '7.3197'],
    ['COIN-CEYREK', 'GRAM', 3, '1.608'],
  ] as const)('declares the fine content of %s in %s to %i decimals as %s', async (sku, unit, decimals, declared) => {
    const [product] = await order.catalogue.productsOf([sku]);
    expect(fromGrams(product!.fineGrams, unit).toFixed(decimals)).toBe(declared);
  });

  it('tells of each product once', async () => {
    const { products, events } = await state();
    expect(events).toBe(products.length);
  });

  it('changes and tells nothing when it is seeded again, and leaves stock as it is', async () => {
    await order.database.stockLevel.update({ where: { sku: 'BAR-100G' }, data: { onHand: 7 } });
    const before = await state();
    await seed(order.databaseUrl);
    expect(await state()).toEqual(before);
  });

  it('tells of a product that has changed, with its new version', async () => {
    const [product] = await order.catalogue.productsOf(['BAR-100G']);
    const { version: _version, ...facts } = product!;
    await order.catalogue.changeProduct({ ...facts, isListed: false }, { now: new Date('2026-11-20T10:00:00Z') });
    const event = await order.database.outboxMessage.findFirst({ orderBy: { position: 'desc' } });
    expect(event).toMatchObject({
      name: 'order.product-changed',
      consumer: 'pricing',
      occurredAt: new Date('2026-11-20T10:00:00Z'),
      data: { sku: 'BAR-100G', version: 2, isListed: false, fineWeightGrams: '99.9976779' },
    });
  });
});
