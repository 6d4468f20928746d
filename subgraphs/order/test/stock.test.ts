import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { aProduct, startOrder, type OrderFixture, type Person } from './order-fixture.ts';
import { ask, send } from './order-requests.ts';

let order: OrderFixture;
let operator: Person;

beforeAll(async () => {
  order = await startOrder();
  operator = order.signIn('OPERATOR');
});
afterAll(() => order.stop());

const adjust = (sku: string, quantity: number, input: Record<string, unknown> = {}) =>
  ask(operator, 'adjustStock', { sku, quantity, ...input });

describe('stock', () => {
  test('is adjusted by staff, up and down, and the ledger says by whom and why', async () => {
    await order.stocked('BAR-A', 10, 1);
    expect(await adjust('BAR-A', 5, { reason: 'delivery 17' })).toMatchObject({
      sku: 'BAR-A',
      stock: { onHand: 15, reserved: 0, allocated: 0, safetyStock: 1, available: 14 },
    });
    expect(await adjust('BAR-A', -15)).toMatchObject({ stock: { onHand: 0, available: 0 } });
    const ledger = await order.database.stockMovement.findMany({
      where: { sku: 'BAR-A' },
      orderBy: { position: 'asc' },
    });
    expect(ledger).toMatchObject([
      { kind: 'RECEIPT', onHand: 10 },
      { kind: 'ADJUSTMENT', onHand: 5, actorId: operator.id, reason: 'delivery 17' },
      { kind: 'ADJUSTMENT', onHand: -15, reason: null },
    ]);
  });

  test('that is promised cannot be taken away', async () => {
    await order.stocked('BAR-B', 10, 1);
    const customer = order.signIn();
    await ask(customer, 'placeOrder', { quoteToken: order.quote(customer, { sku: 'BAR-B', quantity: 4 }) });
    expect(await adjust('BAR-B', -7)).toMatchObject({
      __typename: 'InsufficientStockError',
      available: 6,
      requested: 7,
    });
    expect(await adjust('BAR-B', -6)).toMatchObject({ stock: { onHand: 4, reserved: 4, available: 0 } });
  });

  test('of a product that never had any begins with what comes', async () => {
    await order.catalogue.changeProduct(aProduct({ sku: 'NEW', isListed: false }), { now: new Date() });
    expect(await adjust('NEW', -1)).toMatchObject({ __typename: 'InsufficientStockError', available: 0 });
    expect(await adjust('NEW', 3)).toMatchObject({ sku: 'NEW', stock: { onHand: 3 } });
  });

  test('is adjusted once for a key', async () => {
    await order.stocked('BAR-C', 0);
    const idempotencyKey = randomUUID();
    await Promise.all([1, 2, 3, 4].map(() => adjust('BAR-C', 2, { idempotencyKey })));
    expect(await order.database.stockLevel.findUnique({ where: { sku: 'BAR-C' } })).toMatchObject({ onHand: 2 });
    expect(await adjust('BAR-C', 3, { idempotencyKey })).toMatchObject({ code: 'IDEMPOTENCY_KEY_REUSED' });
  });

  test.each([0, 1_000_001, -1_000_001])('is not adjusted by %i pieces', async (quantity) => {
    expect(await adjust('BAR-A', quantity)).toMatchObject({ issues: [{ path: ['input', 'quantity'] }] });
  });

  test('never has more pieces than can be counted', async () => {
    await order.stocked('BAR-D', 999_999_990);
    expect(await adjust('BAR-D', 11)).toMatchObject({ __typename: 'InvalidInputError' });
    expect(await adjust('BAR-D', 10)).toMatchObject({ stock: { onHand: 1_000_000_000 } });
  });

  test.each(['NOTHING', '', '\u0000'])('of a product that there is not (%j) is not adjusted', async (sku) => {
    expect(await adjust(sku, 1)).toMatchObject({ __typename: 'NotFoundError' });
  });

  test('is adjusted by staff alone, and everybody else sees only what is available', async () => {
    await order.stocked('BAR-E', 10, 1);
    const customer = order.signIn();
    const { errors } = await send(customer, 'adjustStock', { sku: 'BAR-E', quantity: 1 });
    expect(errors?.[0]?.extensions).toMatchObject({ code: 'FORBIDDEN', permission: 'ADJUST_STOCK' });
    const document = `{ product(sku: "BAR-E") { stock { available onHand reserved allocated safetyStock } } }`;
    const hidden = { available: 9, onHand: null, reserved: null, allocated: null, safetyStock: null };
    const shown = { available: 9, onHand: 10, reserved: 0, allocated: 0, safetyStock: 1 };
    for (const [person, stock] of [
      [customer, hidden],
      [order, hidden],
      [operator, shown],
    ] as const) {
      expect((await person.client.request(document)).data).toEqual({ product: { stock } });
    }
  });

  test('cannot be promised twice or become negative, whatever writes to the database', async () => {
    await order.stocked('BAR-F', 1);
    const where = { sku: 'BAR-F' };
    await expect(order.database.stockLevel.update({ where, data: { reserved: 2 } })).rejects.toThrow('not_oversold');
    await expect(order.database.stockLevel.update({ where, data: { allocated: -1 } })).rejects.toThrow('not_negative');
  });
});
