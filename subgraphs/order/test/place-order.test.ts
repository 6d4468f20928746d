import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { startOrder, type OrderFixture, type Person } from './order-fixture.ts';
import { ask, send } from './order-requests.ts';

let order: OrderFixture;
let customer: Person;

beforeAll(async () => {
  order = await startOrder();
  await order.stocked('BAR-100G', 1_000, 10);
});
beforeEach(() => {
  customer = order.signIn();
});
afterAll(() => order.stop());

const level = () => order.database.stockLevel.findUniqueOrThrow({ where: { sku: 'BAR-100G' } });
const place = (input: Record<string, unknown> = {}) =>
  ask(customer, 'placeOrder', { quoteToken: order.quote(customer), ...input });

describe('an order', () => {
  test('is placed at the price of the quote and reserves its pieces until the payment is due', async () => {
    const before = await level();
    const placed = await place({ clientOrderId: 'my first' });
    expect(placed).toMatchObject({
      __typename: 'Order',
      status: 'PENDING_PAYMENT',
      clientOrderId: 'my first',
      paymentDueAt: '2026-11-20T10:15:00.000Z',
      total: { amount: '1000.00', currency: 'USD' },
      version: 1,
      history: [{ sequence: 1, from: null, to: 'PENDING_PAYMENT', actor: 'CUSTOMER', at: '2026-11-20T10:00:00.000Z' }],
    });
    expect(placed.number).toMatch(/^G-1\d{6}$/);
    expect((await level()).reserved).toBe(before.reserved + 2);
    const movement = await order.database.stockMovement.findFirst({ where: { orderId: placed.id } });
    expect(movement).toMatchObject({ kind: 'RESERVE', onHand: 0, reserved: 2, allocated: 0 });
  });

  test('is told to notification and pricing in the transaction that places it', async () => {
    const { id, number } = await place();
    const told = (await order.database.outboxMessage.findMany({ where: { name: 'order.order-placed' } })).filter(
      ({ data }) => (data as { orderId: string }).orderId === id,
    );
    expect(told.map(({ consumer }) => consumer).toSorted()).toEqual(['notification', 'pricing']);
    expect(told[0]!.data).toMatchObject({
      number,
      version: 1,
      customerId: customer.id,
      status: 'PENDING_PAYMENT',
      total: { amount: '1000.00', currency: 'USD' },
      lines: [{ sku: 'BAR-100G', name: 'Product BAR-100G', quantity: 2 }],
      paymentDueAt: '2026-11-20T10:15:00.000Z',
    });
  });

  test('is the same again for the same key and input, also when the quote has expired since', async () => {
    const input = { idempotencyKey: randomUUID(), quoteToken: order.quote(customer) };
    const first = await place(input);
    order.clock.now += 120_000;
    expect(await place({ ...input, clientOrderId: null })).toMatchObject({ id: first.id, __typename: 'Order' });
    expect(await order.database.order.count({ where: { customerId: customer.id } })).toBe(1);
  });

  test('is not placed under a key that was used for another input, nor is a refusal kept', async () => {
    const idempotencyKey = randomUUID();
    expect(await place({ idempotencyKey, quoteToken: 'nonsense' })).toMatchObject({ code: 'QUOTE_INVALID' });
    expect(await place({ idempotencyKey })).toMatchObject({ __typename: 'Order' });
    expect(await place({ idempotencyKey })).toMatchObject({ code: 'IDEMPOTENCY_KEY_REUSED' });
  });

  test('of another customer may have the same key', async () => {
    const idempotencyKey = randomUUID();
    const other = order.signIn();
    const mine = await place({ idempotencyKey });
    const theirs = await ask(other, 'placeOrder', { idempotencyKey, quoteToken: order.quote(other) });
    expect(theirs).toMatchObject({ __typename: 'Order' });
    expect(theirs.id).not.toBe(mine.id);
  });

  test('keeps the name that the customer gave it for ever', async () => {
    const first = await place({ clientOrderId: 'again' });
    await ask(customer, 'cancelOrder', { orderId: first.id });
    expect(await place({ clientOrderId: 'again' })).toMatchObject({
      __typename: 'ClientOrderIdUsedError',
      orderId: first.id,
    });
    const other = order.signIn();
    const theirs = { quoteToken: order.quote(other), clientOrderId: 'again' };
    expect(await ask(other, 'placeOrder', theirs)).toMatchObject({ __typename: 'Order' });
  });
});

describe('a quote', () => {
  test('cannot be used twice', async () => {
    const quoteToken = order.quote(customer);
    const first = await place({ quoteToken });
    expect(await place({ quoteToken })).toMatchObject({ __typename: 'QuoteAlreadyUsedError', orderId: first.id });
  });

  test('cannot be used twice at the same time', async () => {
    const quoteToken = order.quote(customer);
    const results = await Promise.all(Array.from({ length: 8 }, () => place({ quoteToken })));
    expect(results.filter(({ __typename }) => __typename === 'Order')).toHaveLength(1);
    expect(results.filter(({ code }) => code === 'QUOTE_ALREADY_USED')).toHaveLength(7);
  });

  test('is good until it expires, and not at that instant', async () => {
    const quoteToken = order.quote(customer, { quoteId: '0198a000-0000-7000-8000-000000000001' });
    order.clock.now += 60_000;
    expect(await place({ quoteToken })).toMatchObject({
      __typename: 'QuoteExpiredError',
      code: 'QUOTE_EXPIRED',
      retryable: false,
      quoteId: '0198a000-0000-7000-8000-000000000001',
      expiredAt: new Date(order.clock.now).toISOString(),
    });
    order.clock.now -= 1;
    expect(await place({ quoteToken })).toMatchObject({ __typename: 'Order' });
  });

  test('of somebody else is none', async () => {
    expect(await place({ quoteToken: order.quote(order.signIn()) })).toMatchObject({ code: 'QUOTE_INVALID' });
  });

  test('on which the customer sells cannot be ordered on', async () => {
    const quoteToken = order.quote(customer, { side: 'SELL' });
    expect(await place({ quoteToken })).toMatchObject({ code: 'SIDE_NOT_SUPPORTED', side: 'SELL' });
  });

  test('that was changed, or is for nothing that there is, is none', async () => {
    const [header, , signature] = order.quote(customer).split('.');
    const payload = order.quote(customer, { total: '1.00' }).split('.')[1];
    for (const quoteToken of ['', 'x.y.z', '\u0000', `${header}.${payload}.${signature}`]) {
      expect(await place({ quoteToken })).toMatchObject({ code: 'QUOTE_INVALID' });
    }
    expect(await place({ quoteToken: order.quote(customer, { sku: 'NOTHING' }) })).toMatchObject({
      code: 'QUOTE_INVALID',
    });
    expect(await order.database.order.count({ where: { customerId: customer.id } })).toBe(0);
  });

  test('for more pieces than are available is not spent', async () => {
    const { onHand, reserved, allocated } = await level();
    const available = onHand - reserved - allocated - 10;
    const quoteToken = order.quote(customer, { quantity: available + 1 });
    expect(await place({ quoteToken })).toMatchObject({
      __typename: 'InsufficientStockError',
      available,
      requested: available + 1,
      retryable: true,
    });
    const operator = order.signIn('OPERATOR');
    await ask(operator, 'adjustStock', { sku: 'BAR-100G', quantity: 1_000 });
    expect(await place({ quoteToken })).toMatchObject({ __typename: 'Order' });
  });
});

describe('placing an order', () => {
  test.each([
    ['an empty key', { idempotencyKey: ' ' }, 'idempotencyKey'],
    ['a key with control characters', { idempotencyKey: 'a\u0000b' }, 'idempotencyKey'],
    ['a key that is too long', { idempotencyKey: 'k'.repeat(201) }, 'idempotencyKey'],
    ['an empty name', { clientOrderId: '  ' }, 'clientOrderId'],
    ['a name that is too long', { clientOrderId: 'n'.repeat(101) }, 'clientOrderId'],
    ['a name with control characters', { clientOrderId: '\u0000' }, 'clientOrderId'],
  ])('refuses %s', async (_what, input, field) => {
    const refusal = await place(input);
    expect(refusal).toMatchObject({ __typename: 'InvalidInputError', issues: [{ path: ['input', field] }] });
  });

  test('needs somebody who is signed in', async () => {
    const { errors } = await send(order, 'placeOrder', { quoteToken: 'x' });
    expect(errors?.[0]?.extensions).toMatchObject({ code: 'UNAUTHENTICATED' });
  });
});
