import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startOrder, type OrderFixture, type Person } from './order-fixture.ts';
import { ask, send } from './order-requests.ts';

let order: OrderFixture;
let operator: Person;

beforeAll(async () => {
  order = await startOrder();
  operator = order.signIn('OPERATOR');
});
afterAll(() => order.stop());

type Wallet = {
  balances: { currency: string; available: string; reserved: string }[];
  entries: {
    nodes: {
      amount: string;
      currency: string;
      kind: string;
      reference: string | null;
      balanceAfter: string;
      order: { number: string } | null;
    }[];
    pageInfo: { hasNextPage: boolean; endCursor: string };
  };
};

async function walletOf(person: Pick<Person, 'client'>, id: string, variables: Record<string, unknown> = {}) {
  const document = `query ($of: [_Any!]!, $first: Int!, $after: String) { _entities(representations: $of) { ... on User { wallet {
    balances { currency available reserved }
    entries(first: $first, after: $after) { nodes { amount currency kind reference balanceAfter order { number } } pageInfo { hasNextPage endCursor } }
  } } } }`;
  const of = [{ __typename: 'User', id }];
  const { data, errors } = await person.client.request<{ _entities: ({ wallet: Wallet | null } | null)[] }>(document, {
    of,
    first: 10,
    ...variables,
  });
  return { wallet: data?._entities[0]?.wallet, code: errors?.[0]?.extensions?.code };
}
const credit = (userId: string, amount: string, input: Record<string, unknown> = {}) =>
  ask(operator, 'creditWallet', { userId, amount, currency: 'USD', ...input });

describe('a wallet', () => {
  test('that never held anything is empty', async () => {
    const { id, client } = order.signIn();
    const empty = { balances: [], entries: { nodes: [], pageInfo: { hasNextPage: false, endCursor: null } } };
    expect((await walletOf({ client }, id)).wallet).toEqual(empty);
  });

  test('holds each currency by itself, with every digit of it', async () => {
    const { id, client } = order.signIn();
    await credit(id, '10.5', { reference: ' SEPA 4711 ' });
    await credit(id, '0.05');
    await credit(id, '1500000', { currency: 'IRR' });
    await credit(id, '1.234', { currency: 'KWD' });
    const { wallet } = await walletOf({ client }, id);
    expect(wallet?.balances).toEqual([
      { currency: 'IRR', available: '1500000', reserved: '0' },
      { currency: 'KWD', available: '1.234', reserved: '0.000' },
      { currency: 'USD', available: '10.55', reserved: '0.00' },
    ]);
    expect(wallet?.entries.nodes.slice(2)).toMatchObject([
      { amount: '0.05', balanceAfter: '10.55', reference: null },
      { amount: '10.50', balanceAfter: '10.50', kind: 'CREDIT', reference: 'SEPA 4711', order: null },
    ]);
  });

  test('is read page by page, the newest entry first', async () => {
    const { id, client } = order.signIn();
    for (const amount of ['1', '2', '3']) await credit(id, amount);
    const first = (await walletOf({ client }, id, { first: 2 })).wallet!.entries;
    expect(first.nodes.map(({ amount }) => amount)).toEqual(['3.00', '2.00']);
    const second = (await walletOf({ client }, id, { first: 2, after: first.pageInfo.endCursor })).wallet!.entries;
    expect([second.nodes.map(({ amount }) => amount), second.pageInfo.hasNextPage]).toEqual([['1.00'], false]);
    for (const variables of [{ first: 0 }, { first: 101 }, { after: 'x' }, { after: btoa('["wallet","x"]') }]) {
      expect(await walletOf({ client }, id, variables)).toMatchObject({ code: 'BAD_USER_INPUT' });
    }
  });

  test('is for its owner and for staff', async () => {
    const { id } = order.signIn();
    await credit(id, '1');
    expect(await walletOf(order.signIn(), id)).toEqual({ wallet: null, code: 'FORBIDDEN' });
    expect(await walletOf(order, id)).toEqual({ wallet: null, code: 'UNAUTHENTICATED' });
    expect((await walletOf(operator, id)).wallet?.balances).toHaveLength(1);
  });

  test('names the order that was paid out of it', async () => {
    await order.stocked('BAR-100G', 10);
    const customer = order.signIn();
    await credit(customer.id, '1000');
    const { id: orderId, number } = await ask(customer, 'placeOrder', { quoteToken: order.quote(customer) });
    await ask(customer, 'payOrder', { orderId });
    expect((await walletOf(customer, customer.id)).wallet?.entries.nodes[0]).toEqual({
      amount: '-1000.00',
      balanceAfter: '0.00',
      currency: 'USD',
      kind: 'PAYMENT',
      reference: number,
      order: { number },
    });
  });
});

describe('a credit', () => {
  test('with the same key is one credit, also at the same time, and however the amount is written', async () => {
    const { id } = order.signIn();
    const idempotencyKey = randomUUID();
    await Promise.all(['5', '5.0', '5.00', '5'].map((amount) => credit(id, amount, { idempotencyKey })));
    expect((await walletOf(operator, id)).wallet?.balances).toMatchObject([{ available: '5.00' }]);
    expect(await credit(id, '6', { idempotencyKey })).toMatchObject({ __typename: 'IdempotencyKeyReusedError' });
  });

  test('credits at once add up', async () => {
    const { id } = order.signIn();
    await Promise.all(Array.from({ length: 20 }, () => credit(id, '0.01')));
    expect((await walletOf(operator, id)).wallet?.balances).toMatchObject([{ available: '0.20' }]);
  });

  test.each([
    ['nothing', { amount: '0' }, 'amount'],
    ['less than nothing', { amount: '-5' }, 'amount'],
    ['more digits than the currency has', { amount: '1.001' }, 'amount'],
    ['a part of a rial', { amount: '1.5', currency: 'IRR' }, 'amount'],
    ['more than anybody has', { amount: '1000000000000001' }, 'amount'],
    ['what is no user', { userId: 'somebody' }, 'userId'],
    ['a reference that is too long', { reference: 'r'.repeat(201) }, 'reference'],
    ['a reference with control characters', { reference: '\u0000' }, 'reference'],
  ])('of %s is refused', async (_what, input, field) => {
    const refusal = await credit(randomUUID(), '1', input);
    expect(refusal).toMatchObject({ __typename: 'InvalidInputError', issues: [{ path: ['input', field] }] });
  });

  test('is given by staff alone', async () => {
    const { errors } = await send(order.signIn(), 'creditWallet', {
      userId: randomUUID(),
      amount: '1',
      currency: 'USD',
    });
    expect(errors?.[0]?.extensions).toMatchObject({ code: 'FORBIDDEN', permission: 'CREDIT_WALLETS' });
  });

  test('cannot be taken out of the ledger again', async () => {
    const { id } = order.signIn();
    await credit(id, '1');
    await expect(order.database.walletEntry.deleteMany({ where: { userId: id } })).rejects.toThrow('append-only');
    const data = { amount: 2 };
    await expect(order.database.walletEntry.updateMany({ where: { userId: id }, data })).rejects.toThrow('append-only');
  });
});
