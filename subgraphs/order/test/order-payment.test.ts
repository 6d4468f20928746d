import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startOrder, type OrderFixture, type Person } from './order-fixture.ts';
import { ask, type Result } from './order-requests.ts';

let order: OrderFixture;
let operator: Person;

beforeAll(async () => {
  order = await startOrder();
  operator = order.signIn('OPERATOR');
  await order.stocked('BAR-100G', 10_000);
});
afterAll(() => order.stop());

async function customerWith(amount: string): Promise<Person> {
  const customer = order.signIn();
  if (amount !== '0') await ask(operator, 'creditWallet', { userId: customer.id, amount, currency: 'USD' });
  return customer;
}
const place = (customer: Person) => ask(customer, 'placeOrder', { quoteToken: order.quote(customer) });
const availableOf = async ({ id: userId }: Person) =>
  (await order.database.walletBalance.findFirst({ where: { userId } }))?.available.toString();
const held = async () => {
  const { reserved, allocated } = await order.database.stockLevel.findUniqueOrThrow({ where: { sku: 'BAR-100G' } });
  return { reserved, allocated };
};
const due = ({ paymentDueAt }: Result) => Date.parse(paymentDueAt!);

describe('a payment', () => {
  test('takes the total from the wallet and allocates the pieces', async () => {
    const customer = await customerWith('1500.00');
    const { id: orderId, number } = await place(customer);
    const before = await held();
    const paid = await ask(customer, 'payOrder', { orderId });
    expect(paid).toMatchObject({ status: 'PAID', version: 2, paymentDueAt: null, paidAt: '2026-11-20T10:00:00.000Z' });
    expect(paid.history[1]).toMatchObject({ sequence: 2, from: 'PENDING_PAYMENT', to: 'PAID', actor: 'CUSTOMER' });
    expect(await availableOf(customer)).toBe('500');
    expect(await held()).toEqual({ reserved: before.reserved - 2, allocated: before.allocated + 2 });
    const entry = await order.database.walletEntry.findFirst({ where: { orderId } });
    expect(entry).toMatchObject({ kind: 'PAYMENT', reference: number });
    expect([entry?.amount.toString(), entry?.balanceAfter.toString()]).toEqual(['-1000', '500']);
  });

  test('is told as the order that it makes', async () => {
    const customer = await customerWith('1000');
    const { id: orderId } = await place(customer);
    await ask(customer, 'payOrder', { orderId });
    const events = await order.database.outboxMessage.findMany({ where: { name: 'order.order-advanced' } });
    expect(events.map(({ data }) => data)).toContainEqual(
      expect.objectContaining({ orderId, version: 2, from: 'PENDING_PAYMENT', status: 'PAID', paymentDueAt: null }),
    );
  });

  test('that the wallet does not cover changes nothing and says what is missing', async () => {
    const customer = await customerWith('999.99');
    const { id: orderId } = await place(customer);
    expect(await ask(customer, 'payOrder', { orderId })).toMatchObject({
      __typename: 'PaymentNotCoveredError',
      retryable: true,
      missing: { amount: '0.01', currency: 'USD' },
    });
    expect(await availableOf(customer)).toBe('999.99');
    expect(await order.database.order.findUnique({ where: { id: orderId } })).toMatchObject({
      status: 'PENDING_PAYMENT',
    });
  });

  test('out of a wallet of another currency misses everything', async () => {
    const customer = await customerWith('0');
    await ask(operator, 'creditWallet', { userId: customer.id, amount: '5000', currency: 'EUR' });
    const { id: orderId } = await place(customer);
    expect(await ask(customer, 'payOrder', { orderId })).toMatchObject({
      missing: { amount: '1000.00', currency: 'USD' },
    });
  });

  test('with the same key is one payment, also at the same time', async () => {
    const customer = await customerWith('5000');
    const input = { orderId: (await place(customer)).id, idempotencyKey: randomUUID() };
    const paid = await Promise.all(Array.from({ length: 8 }, () => ask(customer, 'payOrder', input)));
    expect(paid.map(({ status }) => status)).toEqual(Array(8).fill('PAID'));
    expect(await availableOf(customer)).toBe('4000');
  });

  test('of an order that is paid is refused, and costs nothing', async () => {
    const customer = await customerWith('5000');
    const { id: orderId } = await place(customer);
    await ask(customer, 'payOrder', { orderId });
    expect(await ask(customer, 'payOrder', { orderId })).toMatchObject({
      __typename: 'OrderStateError',
      code: 'TRANSITION_NOT_POSSIBLE',
      from: 'PAID',
      to: 'PAID',
    });
    expect(await availableOf(customer)).toBe('4000');
  });

  test('is taken at the instant at which it is due, and not after it', async () => {
    const customer = await customerWith('2000');
    const [first, second] = [await place(customer), await place(customer)];
    order.clock.now = due(first);
    expect(await ask(customer, 'payOrder', { orderId: first.id })).toMatchObject({ status: 'PAID' });
    order.clock.now += 1;
    expect(await ask(customer, 'payOrder', { orderId: second.id })).toMatchObject({
      __typename: 'OrderStateError',
      code: 'PAYMENT_OVERDUE',
    });
  });

  test("of somebody else's order, or of none, finds no order", async () => {
    const { id: orderId } = await place(await customerWith('0'));
    const stranger = await customerWith('5000');
    for (const id of [orderId, randomUUID(), 'nonsense', '\u0000']) {
      expect(await ask(stranger, 'payOrder', { orderId: id })).toMatchObject({ __typename: 'NotFoundError' });
      expect(await ask(operator, 'payOrder', { orderId: id })).toMatchObject({ __typename: 'NotFoundError' });
    }
  });
});

describe('an order that is not paid in time', () => {
  test('expires and gives its pieces back, once it is overdue and not before', async () => {
    const placed = await place(await customerWith('0'));
    const before = await held();
    order.clock.now = due(placed);
    expect(await order.orders.expireOrder(placed.id)).toBe(false);
    order.clock.now += 1;
    expect(await order.orders.overdueOrders(1_000)).toContain(placed.id);
    expect(await order.orders.expireOrder(placed.id)).toBe(true);
    expect(await order.orders.expireOrder(placed.id)).toBe(false);
    expect((await held()).reserved).toBe(before.reserved - 2);
    const history = await order.database.orderHistoryEntry.findMany({ where: { orderId: placed.id, sequence: 2 } });
    expect(history).toMatchObject([{ to: 'EXPIRED', actor: 'SYSTEM', actorId: null }]);
  });

  test('expires once, however many workers look after it', async () => {
    const placed = await place(await customerWith('0'));
    order.clock.now = due(placed) + 1;
    const before = await held();
    const expired = await Promise.all(Array.from({ length: 6 }, () => order.orders.expireOrder(placed.id)));
    // Whoever finds it locked leaves it to the other; nobody waits.
    expect(expired.filter(Boolean)).toHaveLength(1);
    expect((await held()).reserved).toBe(before.reserved - 2);
  });

  test('and is paid at the same instant is either paid or expired, never both', async () => {
    const customer = await customerWith('20000');
    const placed = await Promise.all(Array.from({ length: 12 }, () => place(customer)));
    // The clock moves between the two: each of them acts lawfully by its own reading of it.
    const outcomes = await Promise.all(
      placed.map(async (one) => {
        order.clock.now = due(one);
        const payment = ask(customer, 'payOrder', { orderId: one.id });
        await new Promise(setImmediate);
        order.clock.now = due(one) + 1;
        const expiry = order.orders.expireOrder(one.id);
        return Promise.all([payment, expiry]);
      }),
    );
    expect(outcomes.filter(([payment, hasExpired]) => hasExpired && payment.status === 'PAID')).toEqual([]);
    // One that found the other at work has left it alone.
    for (const { id: orderId } of placed) await order.orders.expireOrder(orderId);
    const orders = await order.database.order.findMany({ where: { customerId: customer.id } });
    const paid = orders.filter(({ status }) => status === 'PAID');
    expect(orders.filter(({ status }) => status === 'EXPIRED')).toHaveLength(12 - paid.length);
    expect(orders.every(({ version }) => version === 2)).toBe(true);
    expect(await availableOf(customer)).toBe(String(20_000 - 1_000 * paid.length));
  });
});
