import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createGraphqlClient } from '#shared/testing/graphql-client.ts';
import { eventually } from '#shared/testing/eventually.ts';
import { readConfig } from '../config.ts';
import { wireServer } from '../wiring.ts';
import { startOrder, type OrderFixture, type Person } from './order-fixture.ts';
import { ask } from './order-requests.ts';

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

type Event = {
  orderUpdated: { id: string; status: string; version: number; paidAt: string | null; history: { to: string }[] };
};
const document = `subscription ($id: ID!, $after: BigInt) {
  orderUpdated(id: $id, after: $after) { id status version paidAt history { to } } }`;

const place = async () => (await ask(customer, 'placeOrder', { quoteToken: order.quote(customer) })).id;
const pay = (orderId: string) => ask(customer, 'payOrder', { orderId });
const advance = (orderId: string, to: string) => ask(operator, 'advanceOrder', { orderId, to });
const follow = (person: Pick<Person, 'client'>, id: string, after?: number) =>
  person.client.subscribe<Event>(document, { id, after });
const states = (events: { data?: Event | null }[]) => events.map(({ data }) => data!.orderUpdated.status);

async function refusalOf(person: Pick<Person, 'client'>, id: string, after?: number) {
  return follow(person, id, after)
    .next()
    .then(
      ({ errors }) => errors?.[0]?.extensions,
      (errors: readonly { extensions: object }[]) => errors[0]!.extensions,
    );
}

describe('following an order', () => {
  test('begins with the order as it is and tells of each change, with its sequence', async () => {
    const id = await place();
    const events = follow(customer, id);
    const [first] = await events.take(1);
    expect(first).toMatchObject({ data: { orderUpdated: { status: 'PENDING_PAYMENT' } }, extensions: { sequence: 1 } });
    await pay(id);
    await advance(id, 'PROCESSING');
    const further = await events.take(2);
    expect(states(further)).toEqual(['PAID', 'PROCESSING']);
    expect(further.map(({ extensions }) => extensions?.sequence)).toEqual([2, 3]);
    expect(further[1]!.data!.orderUpdated.history.map(({ to }) => to)).toEqual([
      'PENDING_PAYMENT',
      'PAID',
      'PROCESSING',
    ]);
    await events.return();
  });

  test('hears of an order that expires, and goes on after its end', async () => {
    const id = await place();
    const events = follow(customer, id);
    await events.take(1);
    order.clock.now += 900_001;
    await order.orders.expireOrder(id);
    expect(states(await events.take(1))).toEqual(['EXPIRED']);
    await expect(events.next(100)).rejects.toThrow('no event within');
    await events.return();
  });

  test('is resumed behind the last sequence without gap or repeat, each version as it was then', async () => {
    const id = await place();
    await pay(id);
    await advance(id, 'PROCESSING');
    await advance(id, 'SHIPPED');
    const events = follow(customer, id, 1);
    const missed = await events.take(3);
    expect(states(missed)).toEqual(['PAID', 'PROCESSING', 'SHIPPED']);
    expect(missed.map(({ data }) => data!.orderUpdated.history.length)).toEqual([2, 3, 4]);
    await advance(id, 'DELIVERED');
    expect(states(await events.take(1))).toEqual(['DELIVERED']);
    await events.return();
    const atTheBeginning = follow(customer, id, 0);
    const all = await atTheBeginning.take(5);
    expect(all.map(({ data }) => data!.orderUpdated.paidAt === null)).toEqual([true, false, false, false, false]);
    await atTheBeginning.return();
  });

  test('and having all of it waits for what comes', async () => {
    const id = await place();
    const events = follow(customer, id, 1);
    // Nothing is repeated: the first thing that comes is the next change.
    const next = events.next();
    await pay(id);
    expect(states([await next])).toEqual(['PAID']);
    await events.return();
  });

  test('loses no change between any number of followers and a flurry of changes', async () => {
    const id = await place();
    const followers = Array.from({ length: 10 }, () => follow(customer, id));
    const all = Promise.all(
      followers.map(async (events) => {
        const seen: number[] = [];
        while (seen.at(-1) !== 6) seen.push((await events.next()).data!.orderUpdated.version);
        return seen;
      }),
    );
    await pay(id);
    for (const to of ['PROCESSING', 'SHIPPED', 'DELIVERED', 'COMPLETED']) await advance(id, to);
    for (const seen of await all) {
      expect(seen).toEqual(Array.from({ length: seen.length }, (_, index) => 7 - seen.length + index));
    }
    await Promise.all(followers.map((events) => events.return()));
  });

  test('works on every server, whichever of them changes the order', async () => {
    const other = wireServer(readConfig(order.environment), () => order.clock.now);
    const id = await place();
    const { authorization } = customer;
    const client = createGraphqlClient(`http://127.0.0.1:${await other.start()}/graphql`, {
      socket: { connectionParams: { authorization } },
    });
    const events = follow({ client }, id);
    await events.take(1);
    await pay(id);
    expect(states(await events.take(1))).toEqual(['PAID']);
    await client.close();
    await other.stop();
  });

  test('goes on when PostgreSQL ends the connection that tells of changes, and loses none', async () => {
    const id = await place();
    const events = follow(customer, id);
    await events.take(1);
    await eventually(async () => {
      const ended = await order.database.$queryRawUnsafe<object[]>(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE datname = current_database() AND query LIKE 'LISTEN order_changed%'`,
      );
      expect(ended).toHaveLength(1);
    });
    await pay(id);
    expect(states(await events.take(1))).toEqual(['PAID']);
    await events.return();
  });

  test('is for its customer and for staff', async () => {
    const id = await place();
    const events = follow(operator, id);
    expect(states(await events.take(1))).toEqual(['PENDING_PAYMENT']);
    await events.return();
    expect(await refusalOf(order, id)).toMatchObject({ code: 'UNAUTHENTICATED' });
    for (const other of [id, randomUUID(), 'nonsense', '\u0000']) {
      expect(await refusalOf(order.signIn(), other)).toMatchObject({ code: 'NOT_FOUND' });
    }
    expect(await refusalOf(customer, id, 2)).toMatchObject({ code: 'SEQUENCE_AHEAD', latestSequence: '1' });
    expect(await refusalOf(customer, id, -1)).toMatchObject({ code: 'BAD_USER_INPUT' });
  });
});
