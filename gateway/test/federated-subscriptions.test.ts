import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createGraphqlClient, type GraphqlClient } from '#shared/testing/graphql-client.ts';
import { eventually } from '#shared/testing/eventually.ts';
import { startWarehouse, type Warehouse } from './warehouse-graph.ts';

describe('a federated subscription', () => {
  let warehouse: Warehouse;
  let client: GraphqlClient;
  beforeAll(async () => {
    warehouse = await startWarehouse();
    client = createGraphqlClient(warehouse.url);
    warehouse.sell('A');
  });
  afterAll(async () => {
    await client.close();
    await warehouse.close();
  });

  async function firstEvent(document: string, variables?: Record<string, unknown>) {
    const events = client.subscribe<Record<string, unknown>>(document, variables);
    const event = await events.next();
    await events.return();
    return event;
  }

  test('gives the current state first, then every event in order, joined with what another subgraph knows', async () => {
    const events = client.subscribe('subscription { itemSold { sequence item { sku name } } }');
    const [first] = await events.take(1);
    warehouse.sell('B');
    warehouse.sell('C');
    const [second, third] = await events.take(2);
    const { sequence } = (first!.data as unknown as { itemSold: { sequence: number } }).itemSold;
    expect(second!.data).toEqual({ itemSold: { sequence: sequence + 1, item: { sku: 'B', name: 'item B' } } });
    expect(third!.data).toEqual({ itemSold: { sequence: sequence + 2, item: { sku: 'C', name: 'item C' } } });
    await events.return();
  });

  test('reads what it joins at the tick of the event', async () => {
    const event = await firstEvent('subscription { itemSold { sequence item { soldAt } } }');
    const { sequence } = event.data!.itemSold as { sequence: number };
    expect(event.data).toEqual({ itemSold: { sequence, item: { soldAt: `SALE@${sequence}` } } });
    expect(event.extensions).toBeUndefined();
  });

  test('keeps aliases, variables, fragments, __typename and abstract types', async () => {
    const document = `
      subscription Sold($sku: ID!, $upper: Boolean) {
        sold: itemSold(sku: $sku) { kind: __typename loud: note(upper: $upper) quiet: note thing { ...onThing } first: item { ...naming } }
      }
      fragment onThing on Thing { __typename sku ... on Item { naming: name } }
      fragment naming on Item { title: name __typename }`;
    expect((await firstEvent(document, { sku: 'A', upper: true })).data).toEqual({
      sold: {
        kind: 'Sale',
        loud: 'SOLD',
        quiet: 'sold',
        thing: { __typename: 'Item', sku: expect.any(String), naming: expect.stringMatching(/^item /) },
        first: { title: expect.stringMatching(/^item /), __typename: 'Item' },
      },
    });
  });

  test('obeys @include and @skip below its root field', async () => {
    const document = `subscription ($no: Boolean!) { itemSold { item { sku @skip(if: $no) name @include(if: $no) soldAt @skip(if: $no) } note } }`;
    expect((await firstEvent(document, { no: false })).data).toEqual({
      itemSold: { item: { sku: expect.any(String), soldAt: expect.stringMatching(/^SALE@/) }, note: 'sold' },
    });
    expect((await firstEvent(document, { no: true })).data).toEqual({
      itemSold: { item: { name: expect.any(String) }, note: 'sold' },
    });
  });

  test('fetches what a @requires field needs without showing it', async () => {
    expect((await firstEvent('subscription { itemSold { item { shippingCost } } }')).data).toEqual({
      itemSold: { item: { shippingCost: 70 } },
    });
  });

  test('keeps path, code and details of an error inside an event, from the owner and from a joined subgraph', async () => {
    const event = await firstEvent('subscription { sold: itemSold { note broken item { name no: refused } } }');
    expect(event.data).toEqual({ sold: { note: 'sold', broken: null, item: { name: expect.any(String), no: null } } });
    expect(event.errors).toEqual([
      {
        message: 'This field is always refused',
        path: ['sold', 'broken'],
        extensions: { code: 'CONFLICT', retryable: false, hint: 'on purpose' },
      },
      { message: 'Not for you', path: ['sold', 'item', 'no'], extensions: { code: 'FORBIDDEN', retryable: false } },
    ]);
  });

  test('loses only the fields of a subgraph that is down, and gets them back with it', async () => {
    const events = client.subscribe('subscription { itemSold { note item { name } } }');
    await events.next();
    await warehouse.stopShop();
    warehouse.sell('D');
    const without = await events.next();
    expect(without.data).toEqual({ itemSold: { note: 'sold', item: { name: null } } });
    expect(without.errors).toEqual([
      {
        message: expect.any(String),
        path: ['itemSold', 'item'],
        extensions: { code: 'SUBGRAPH_UNAVAILABLE', retryable: true },
      },
    ]);
    await warehouse.startShop();
    warehouse.sell('E');
    expect((await events.next()).data).toEqual({ itemSold: { note: 'sold', item: { name: 'item E' } } });
    await events.return();
  });

  test.each([
    ['ticks', 'A'],
    ['sequences of its own', 'NO-TICKS'],
  ])('of %s goes on without a gap or a repeat when the owning subgraph is restarted', async (_name, item) => {
    const events = client.subscribe<{ itemSold: { sequence: number } }>(
      'subscription ($item: ID) { itemSold(sku: $item) { sequence } }',
      { item },
    );
    const first = (await events.next()).data!.itemSold.sequence;
    await warehouse.stopSales();
    for (const sku of ['F', 'G', 'H']) warehouse.sell(sku);
    await warehouse.startSales();
    warehouse.sell('I');
    const sequences = (await events.take(4)).map((event) => event.data!.itemSold.sequence);
    expect(sequences).toEqual([first + 1, first + 2, first + 3, first + 4]);
    await events.return();
  });

  test('is passed on to its subgraph with `after`, also as a variable', async () => {
    const events = client.subscribe<{ itemSold: { sequence: number } }>(
      'subscription ($after: String) { itemSold(after: $after) { sequence } }',
      { after: '0' },
    );
    const sequences = (await events.take(3)).map((event) => event.data!.itemSold.sequence);
    expect(sequences).toEqual([1, 2, 3]);
    await events.return();
  });

  test('ends its upstream subscription when the client unsubscribes, also while no event comes', async () => {
    const events = client.subscribe('subscription { itemSold { sequence } }');
    await events.next();
    await eventually(() => expect(warehouse.listeners()).toBe(1));
    await events.return();
    await eventually(() => expect(warehouse.listeners()).toBe(0));
  });

  test('ends its upstream subscription when the socket of the client vanishes', async () => {
    let socket: { terminate(): void } | undefined;
    const vanishing = createGraphqlClient(warehouse.url, {
      socket: { on: { connected: (opened) => (socket = opened as { terminate(): void }) } },
    });
    const events = vanishing.subscribe('subscription { itemSold { sequence } }');
    await events.next();
    await eventually(() => expect(warehouse.listeners()).toBe(1));
    socket!.terminate();
    await eventually(() => expect(warehouse.listeners()).toBe(0));
    await vanishing.close();
  });

  test('completes at the client when it completes at its subgraph', async () => {
    const events = client.subscribe('subscription { clockTicked }');
    expect((await events.take(2)).map((event) => event.data)).toEqual([{ clockTicked: 1 }, { clockTicked: 2 }]);
    await expect(events.next()).rejects.toThrow('the subscription has ended');
  });
});

describe('a federated subscription of somebody who is signed in', () => {
  let warehouse: Warehouse;
  beforeAll(async () => {
    warehouse = await startWarehouse();
    warehouse.sell('A');
  });
  afterAll(async () => {
    await warehouse.close();
  });

  const clientWith = (authorization: string) =>
    createGraphqlClient(warehouse.url, { socket: { connectionParams: { authorization } } });

  test('is closed with 4403 when the token expires that it is personal by, and a public one goes on', async () => {
    const authorization = `Bearer ${warehouse.keys.sign({}, { expiresIn: 2 })}`;
    const [personal, open] = [clientWith(authorization), clientWith(authorization)];
    warehouse.tell('user-1', 'hello');
    const mine = personal.subscribe('subscription { myInbox { text } }');
    const sales = open.subscribe('subscription { itemSold { note } }');
    await Promise.all([mine.next(), sales.next()]);
    await expect(mine.next()).rejects.toMatchObject({ code: 4403, reason: 'Token expired' });
    await warehouse.stopSales();
    await warehouse.startSales();
    warehouse.sell('B');
    expect((await sales.next()).data).toEqual({ itemSold: { note: 'sold' } });
    await Promise.all([personal.close(), open.close()]);
  });

  test('is refused with 4403 when its token is no good', async () => {
    const client = clientWith('Bearer nonsense');
    await expect(client.subscribe('subscription { itemSold { note } }').next()).rejects.toMatchObject({ code: 4403 });
    await client.close();
  });
});
