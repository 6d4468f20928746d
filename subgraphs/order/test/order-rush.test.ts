import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startOrder, type OrderFixture } from './order-fixture.ts';
import { ask } from './order-requests.ts';

let order: OrderFixture;

beforeAll(async () => {
  order = await startOrder({ poolSize: 10 });
});
afterAll(() => order.stop());

const namesOf = (results: { __typename: string }[]) =>
  Object.fromEntries([...Map.groupBy(results, ({ __typename }) => __typename)].map(([name, of]) => [name, of.length]));

test('200 orders at once for 50 pieces are 50 orders and 150 refusals', async () => {
  await order.stocked('RUSH', 50);
  const customers = Array.from({ length: 20 }, () => order.signIn());
  const results = await Promise.all(
    Array.from({ length: 200 }, (_, index) => {
      const customer = customers[index % 20]!;
      return ask(customer, 'placeOrder', { quoteToken: order.quote(customer, { sku: 'RUSH', quantity: 1 }) });
    }),
  );
  expect(namesOf(results)).toEqual({ Order: 50, InsufficientStockError: 150 });
  expect(await order.database.stockLevel.findUnique({ where: { sku: 'RUSH' } })).toMatchObject({
    onHand: 50,
    reserved: 50,
  });
  expect(await order.database.stockMovement.count({ where: { sku: 'RUSH', kind: 'RESERVE' } })).toBe(50);
  expect(await order.database.order.count()).toBe(50);
  expect(await order.database.outboxMessage.count({ where: { name: 'order.order-placed' } })).toBe(100);
});

test('an order that is sent many times at once is one order', async () => {
  await order.stocked('ONCE', 5);
  const customer = order.signIn();
  const input = { idempotencyKey: randomUUID(), quoteToken: order.quote(customer, { sku: 'ONCE', quantity: 3 }) };
  const results = await Promise.all(Array.from({ length: 30 }, () => ask(customer, 'placeOrder', input)));
  expect(new Set(results.map(({ id }) => id)).size).toBe(1);
  expect(await order.database.stockLevel.findUnique({ where: { sku: 'ONCE' } })).toMatchObject({ reserved: 3 });
});

test('a wallet that is spent by many orders at once pays as many as it covers, and never goes below nothing', async () => {
  await order.stocked('PAID', 20);
  const customer = order.signIn();
  await ask(order.signIn('OPERATOR'), 'creditWallet', { userId: customer.id, amount: '7500', currency: 'USD' });
  const placed = await Promise.all(
    Array.from({ length: 10 }, () =>
      ask(customer, 'placeOrder', { quoteToken: order.quote(customer, { sku: 'PAID', quantity: 1 }) }),
    ),
  );
  // Each order twice: whichever payment comes second finds it paid, or the wallet empty.
  const results = await Promise.all(
    [...placed, ...placed].map(({ id: orderId }) => ask(customer, 'payOrder', { orderId })),
  );
  expect(results.filter(({ status }) => status === 'PAID')).toHaveLength(7);
  expect(await order.database.order.count({ where: { customerId: customer.id, status: 'PAID' } })).toBe(7);
  const [balance] = await order.database.walletBalance.findMany({ where: { userId: customer.id } });
  expect(balance!.available.toString()).toBe('500');
  expect(await order.database.stockLevel.findUnique({ where: { sku: 'PAID' } })).toMatchObject({
    reserved: 3,
    allocated: 7,
  });
});
