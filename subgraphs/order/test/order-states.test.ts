import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startOrder, type OrderFixture, type Person } from './order-fixture.ts';
import { ask, send, type Result } from './order-requests.ts';

let order: OrderFixture;
let operator: Person;
let customer: Person;

beforeAll(async () => {
  order = await startOrder();
  operator = order.signIn('OPERATOR');
  customer = order.signIn();
  await order.stocked('BAR-100G', 1_000);
  await ask(operator, 'creditWallet', { userId: customer.id, amount: '100000', currency: 'USD' });
});
afterAll(() => order.stop());

const place = () => ask(customer, 'placeOrder', { quoteToken: order.quote(customer) });
async function paid(): Promise<Result> {
  return ask(customer, 'payOrder', { orderId: (await place()).id });
}
const advance = (orderId: string, to: string, reason?: string) =>
  ask(operator, 'advanceOrder', { orderId, to, reason });
const level = () => order.database.stockLevel.findUniqueOrThrow({ where: { sku: 'BAR-100G' } });
async function changeOf(work: () => Promise<unknown>) {
  const before = await level();
  await work();
  const { onHand, reserved, allocated } = await level();
  return [onHand - before.onHand, reserved - before.reserved, allocated - before.allocated];
}

describe('staff', () => {
  test.each([
    [
      ['PROCESSING', 'SHIPPED', 'DELIVERED', 'COMPLETED'],
      [-2, 0, -2],
    ],
    [
      ['PROCESSING', 'VAULTED', 'COMPLETED'],
      [-2, 0, -2],
    ],
    [
      ['PROCESSING', 'READY_FOR_PICKUP'],
      [0, 0, 0],
    ],
    [
      ['PROCESSING', 'READY_FOR_PICKUP', 'PICKED_UP', 'COMPLETED'],
      [-2, 0, -2],
    ],
    [
      ['REFUND_PENDING', 'REFUNDED'],
      [0, 0, -2],
    ],
    [
      ['PROCESSING', 'REFUND_PENDING', 'REFUNDED'],
      [0, 0, -2],
    ],
    [
      ['PROCESSING', 'SHIPPED', 'RETURN_REQUESTED', 'RETURNED', 'REFUND_PENDING', 'REFUNDED'],
      [0, 0, -2],
    ],
  ])('take a paid order to %j, which moves its pieces by %j', async (steps, change) => {
    const { id } = await paid();
    const moved = await changeOf(async () => {
      for (const to of steps) expect(await advance(id, to)).toMatchObject({ __typename: 'Order', status: to });
    });
    expect(moved).toEqual(change);
    const history = await order.database.orderHistoryEntry.findMany({
      where: { orderId: id },
      orderBy: { sequence: 'asc' },
    });
    expect(history.map(({ to }) => to)).toEqual(['PENDING_PAYMENT', 'PAID', ...steps]);
    expect(history.slice(1).map(({ from }) => from)).toEqual(history.slice(0, -1).map(({ to }) => to));
  });

  test('give the money back where an order is refunded, once', async () => {
    const { id: orderId } = await paid();
    const balance = async () =>
      Number((await order.database.walletBalance.findFirst({ where: { userId: customer.id } }))!.available);
    const before = await balance();
    await advance(orderId, 'REFUND_PENDING');
    expect(await balance()).toBe(before);
    const input = { orderId, to: 'REFUNDED', idempotencyKey: randomUUID() };
    await Promise.all([1, 2, 3].map(() => ask(operator, 'advanceOrder', input)));
    expect(await balance()).toBe(before + 1_000);
    expect(await advance(orderId, 'REFUNDED')).toMatchObject({ code: 'TRANSITION_NOT_POSSIBLE' });
  });

  test.each([
    ['SHIPPED', 'TRANSITION_NOT_POSSIBLE'],
    ['PENDING_PAYMENT', 'TRANSITION_NOT_POSSIBLE'],
    ['PAID', 'TRANSITION_NOT_YOURS'],
    ['EXPIRED', 'TRANSITION_NOT_YOURS'],
  ])('cannot take an order that is not paid to %s', async (to, code) => {
    const { id } = await place();
    const refusal = { __typename: 'OrderStateError', code, from: 'PENDING_PAYMENT', to, retryable: false };
    expect(await advance(id, to)).toMatchObject(refusal);
  });

  test('who take an order to two states at once take it to one', async () => {
    const { id } = await paid();
    await advance(id, 'PROCESSING');
    const steps = ['SHIPPED', 'VAULTED', 'READY_FOR_PICKUP', 'REFUND_PENDING'];
    const results = await Promise.all(steps.map((to) => advance(id, to)));
    const taken = results.filter(({ __typename }) => __typename === 'Order');
    const { version, status } = await order.database.order.findUniqueOrThrow({ where: { id } });
    // What waits at the counter may still be refunded: then two of them follow each other.
    expect(taken).toHaveLength(version - 3);
    expect(taken.map(({ status: to }) => to)).toContain(status);
    expect(await order.database.orderHistoryEntry.count({ where: { orderId: id } })).toBe(version);
  });

  test('give a reason, which everybody reads, and stay nameless to the customer', async () => {
    const { id } = await paid();
    const mine = await advance(id, 'PROCESSING', '  the courier comes at noon ');
    expect(mine.history.at(-1)).toMatchObject({
      actor: 'OPERATOR',
      actorId: operator.id,
      reason: 'the courier comes at noon',
    });
    const { data } = await customer.client.request<{ order: Result }>(
      `query ($id: ID!) { order(id: $id) { history { actor actorId reason } } }`,
      { id },
    );
    expect(data?.order.history.at(-1)).toEqual({
      actor: 'OPERATOR',
      actorId: null,
      reason: 'the courier comes at noon',
    });
  });

  test('alone may do so', async () => {
    const { id: orderId } = await paid();
    const { data, errors } = await send(customer, 'advanceOrder', { orderId, to: 'REFUND_PENDING' });
    expect(data).toBeNull();
    expect(errors?.[0]?.extensions).toMatchObject({ code: 'FORBIDDEN', permission: 'ADVANCE_ORDERS' });
  });
});

describe('cancelling', () => {
  test('an unpaid order frees its pieces', async () => {
    const { id: orderId } = await place();
    const moved = await changeOf(async () => {
      const cancelled = await ask(customer, 'cancelOrder', { orderId, reason: 'changed my mind' });
      expect(cancelled).toMatchObject({ status: 'CANCELLED', paymentDueAt: null, nextTransitions: [] });
      expect(cancelled.history.at(-1)).toMatchObject({ actor: 'CUSTOMER', reason: 'changed my mind' });
    });
    expect(moved).toEqual([0, -2, 0]);
  });

  test('is for staff too, in their own name', async () => {
    const { id: orderId } = await place();
    const cancelled = await ask(operator, 'cancelOrder', { orderId });
    expect(cancelled.history.at(-1)).toMatchObject({ to: 'CANCELLED', actor: 'OPERATOR', reason: null });
  });

  test('a paid order is refused', async () => {
    const { id: orderId } = await paid();
    const refusal = { code: 'TRANSITION_NOT_POSSIBLE', from: 'PAID', to: 'CANCELLED' };
    expect(await ask(customer, 'cancelOrder', { orderId })).toMatchObject(refusal);
  });

  test("somebody else's order finds no order", async () => {
    const { id: orderId } = await place();
    expect(await ask(order.signIn(), 'cancelOrder', { orderId })).toMatchObject({ __typename: 'NotFoundError' });
  });

  test('with a reason that cannot be kept is refused', async () => {
    const { id: orderId } = await place();
    for (const reason of ['\u0000', 'r'.repeat(501)]) {
      const refusal = await ask(customer, 'cancelOrder', { orderId, reason });
      expect(refusal.issues).toMatchObject([{ path: ['input', 'reason'] }]);
    }
  });
});

describe('where an order can go next', () => {
  const next = async (person: Person, id: string) => {
    const document = `query ($id: ID!) { order(id: $id) { nextTransitions { to allowed blockedBy { code } } } }`;
    const { data } = await person.client.request<{ order: Result }>(document, { id });
    return Object.fromEntries(
      data!.order.nextTransitions.map(({ to, allowed, blockedBy }) => [to, allowed || blockedBy!.code]),
    );
  };

  test('is told to each as it is for them', async () => {
    const { id } = await place();
    expect(await next(customer, id)).toEqual({
      PAID: true,
      CANCELLED: true,
      REJECTED: 'TRANSITION_NOT_YOURS',
      EXPIRED: 'TRANSITION_NOT_YOURS',
    });
    expect(await next(operator, id)).toEqual({
      PAID: 'TRANSITION_NOT_YOURS',
      CANCELLED: true,
      REJECTED: true,
      EXPIRED: 'TRANSITION_NOT_YOURS',
    });
  });

  test('says when the wallet does not cover the payment', async () => {
    const poor = order.signIn();
    const { id } = await ask(poor, 'placeOrder', { quoteToken: order.quote(poor) });
    expect(await next(poor, id)).toMatchObject({ PAID: 'PAYMENT_NOT_COVERED' });
  });

  test('says when the time to pay is over', async () => {
    const { id } = await place();
    order.clock.now += 900_001;
    expect(await next(customer, id)).toMatchObject({ PAID: 'PAYMENT_OVERDUE' });
  });
});
