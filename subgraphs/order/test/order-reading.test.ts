import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { aProduct, startOrder, type OrderFixture, type Person } from './order-fixture.ts';
import { ask, type Result } from './order-requests.ts';

let order: OrderFixture;
let operator: Person;
let customer: Person;
let placed: Result[];

beforeAll(async () => {
  order = await startOrder();
  operator = order.signIn('OPERATOR');
  customer = order.signIn();
  await order.stocked('BAR-100G', 1_000);
  placed = [];
  for (let index = 0; index < 5; index++) {
    placed.push(await ask(customer, 'placeOrder', { quoteToken: order.quote(customer) }));
    order.clock.now += 1_000;
  }
  const other = order.signIn();
  placed.push(await ask(other, 'placeOrder', { quoteToken: order.quote(other) }));
  await ask(customer, 'cancelOrder', { orderId: placed[0]!.id });
});
afterAll(() => order.stop());

type Nodes = { nodes: { id: string }[]; pageInfo: { hasNextPage: boolean; endCursor: string | null } };
const page = 'nodes { id } pageInfo { hasNextPage endCursor }';

async function list(person: Pick<Person, 'client'>, variables: Record<string, unknown>) {
  const document = `query ($first: Int!, $after: String, $where: OrderWhere) {
    orders(first: $first, after: $after, where: $where) { ${page} } }`;
  const { data, errors } = await person.client.request<{ orders: Nodes | null }>(document, { first: 10, ...variables });
  return {
    page: data?.orders,
    numbers: data?.orders?.nodes.map(({ id }) => placed.findIndex((one) => one.id === id)),
    errors,
  };
}

async function user(person: Pick<Person, 'client'>, id: string, selection: string) {
  const document = `query ($of: [_Any!]!) { _entities(representations: $of) { ... on User { id ${selection} } } }`;
  const { data, errors } = await person.client.request<{ _entities: [Record<string, Nodes | null>] }>(document, {
    of: [{ __typename: 'User', id }],
  });
  return { user: data?._entities[0], code: errors?.[0]?.extensions?.code };
}

async function one(person: Pick<Person, 'client'>, id: string, selection = 'id') {
  const document = `query ($id: ID!) { order(id: $id) { ${selection} } }`;
  return person.client.request<{ order: Record<string, unknown> | null }>(document, { id });
}

describe('an order', () => {
  test('is shown to its customer and to staff, and is nothing to others', async () => {
    const [{ id }] = placed as [Result];
    expect((await one(customer, id)).data?.order).toEqual({ id });
    expect((await one(operator, id.toUpperCase())).data?.order).toEqual({ id });
    expect(await one(order.signIn(), id)).toMatchObject({ data: { order: null } });
    expect(await one(customer, randomUUID())).toMatchObject({ data: { order: null } });
    expect(await one(customer, 'nonsense')).toMatchObject({ data: { order: null } });
    expect((await one(order, id)).errors?.[0]?.extensions).toMatchObject({ code: 'UNAUTHENTICATED' });
  });

  test('by reference is the same to each', async () => {
    const document = `query ($of: [_Any!]!) { _entities(representations: $of) { ... on Order { number customer { id } } } }`;
    const of = placed.map(({ id }) => ({ __typename: 'Order', id }));
    const { data } = await customer.client.request<{ _entities: unknown[] }>(document, { of });
    const mine = placed.slice(0, 5).map(({ number }) => ({ number, customer: { id: customer.id } }));
    expect(data?._entities).toEqual([...mine, null]);
  });

  test('has lines with the price that the quote promised, also of a product that is not listed any more', async () => {
    await order.stocked('GONE', 5);
    const lines = [
      { stage: 'METAL_VALUE', label: 'Gold', amount: '999.00', ruleCode: null, ruleVersion: null },
      { stage: 'PREMIUM', label: 'Making', amount: '1.00', ruleCode: 'MAKING', ruleVersion: 3 },
    ];
    const buyer = order.signIn();
    const quoteToken = order.quote(buyer, { sku: 'GONE', quantity: 3, unitPrice: '333.33', lines });
    const { id } = await ask(buyer, 'placeOrder', { quoteToken });
    await order.catalogue.changeProduct(aProduct({ sku: 'GONE', isListed: false }), { now: new Date() });
    const { data } = await one(
      buyer,
      id,
      `currency quoteId side lines { product { sku name } quantity unitPrice { amount } total { amount currency }
        priceLines { stage label amount { amount currency } ruleCode ruleVersion } }`,
    );
    expect(data?.order).toMatchObject({
      currency: 'USD',
      side: 'BUY',
      lines: [
        {
          product: { sku: 'GONE' },
          quantity: 3,
          unitPrice: { amount: '333.33' },
          total: { amount: '1000.00', currency: 'USD' },
          priceLines: lines.map((line) => ({ ...line, amount: { amount: line.amount, currency: 'USD' } })),
        },
      ],
    });
  });
});

describe('the orders of all customers', () => {
  test('are for staff alone', async () => {
    const { errors, page: none } = await list(customer, {});
    expect(errors?.[0]?.extensions).toMatchObject({ code: 'FORBIDDEN' });
    expect(none).toBeNull();
    expect((await list(order, {})).errors?.[0]?.extensions).toMatchObject({ code: 'UNAUTHENTICATED' });
  });

  test('are listed page by page, the newest first', async () => {
    const where = { placedTo: '2026-11-20T10:00:05.001Z' };
    const first = await list(operator, { first: 4, where: { ...where, status: ['PENDING_PAYMENT', 'CANCELLED'] } });
    expect(first.page?.pageInfo.hasNextPage).toBe(true);
    const second = await list(operator, { first: 4, where, after: first.page?.pageInfo.endCursor });
    expect([...first.numbers!, ...second.numbers!].filter((number) => number >= 0)).toEqual([5, 4, 3, 2, 1, 0]);
    expect(second.page?.pageInfo.hasNextPage).toBe(false);
  });

  test.each<[string, () => Record<string, unknown>, number[]]>([
    ['a state', () => ({ status: 'CANCELLED', customerId: customer.id }), [0]],
    ['a customer', () => ({ customerId: customer.id }), [4, 3, 2, 1, 0]],
    ['when they were placed', () => ({ placedFrom: '2026-11-20T10:00:01Z', placedTo: '2026-11-20T10:00:03Z' }), [2, 1]],
    ['their number, however it is typed', () => ({ number: ` ${placed[3]!.number.toLowerCase()}` }), [3]],
    ['a number that is none', () => ({ number: "G-1'; --" }), []],
    ['a customer whom nobody knows', () => ({ customerId: 'nobody' }), []],
    ['no state at all', () => ({ status: [] }), []],
    ['the year 0', () => ({ placedTo: '0000-01-01T00:00:00Z' }), []],
  ])('can be searched by %s', async (_what, where, expected) => {
    expect((await list(operator, { where: where() })).numbers).toEqual(expected);
  });

  test.each([
    ['none at all', { first: 0 }],
    ['more than 100', { first: 101 }],
    ['what follows no cursor of ours', { after: 'abc' }],
    ['what follows the cursor of another list', { after: Buffer.from('["10","BAR"]').toString('base64url') }],
    ['what follows something that is no id', { after: Buffer.from('["x"]').toString('base64url') }],
    ['what belongs to a customer that cannot be', { where: { customerId: '\u0000' } }],
  ])('are not listed as %s', async (_what, variables) => {
    expect((await list(operator, variables)).errors?.[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT' });
  });
});

describe("a user's orders", () => {
  test('are for the user and for staff', async () => {
    const selection = `orders(first: 2) { ${page} }`;
    const mine = await user(customer, customer.id, selection);
    expect(mine.user?.orders?.nodes.map(({ id }) => id)).toEqual([placed[4]!.id, placed[3]!.id]);
    expect(await user(operator, customer.id, selection)).toEqual(mine);
    expect(await user(order.signIn(), customer.id, selection)).toMatchObject({
      user: { orders: null },
      code: 'FORBIDDEN',
    });
    expect(await user(order, customer.id, selection)).toMatchObject({
      user: { orders: null },
      code: 'UNAUTHENTICATED',
    });
  });
});
