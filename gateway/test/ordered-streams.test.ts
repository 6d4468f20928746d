import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { eventually } from '#shared/testing/eventually.ts';
import { createGraphqlClient, type GraphqlClient } from '#shared/testing/graphql-client.ts';
import { startWarehouse, type Warehouse } from './warehouse-graph.ts';

let warehouse: Warehouse;
let client: GraphqlClient;
beforeAll(async () => {
  warehouse = await startWarehouse();
});
afterEach(async () => {
  warehouse.shop.answerAfter();
  await client.close();
});
afterAll(() => warehouse.close());

const conflated = () => warehouse.metric('gold_gateway_events_conflated_total');

/** Holds up the shop's answers for some events, until they are let go. */
function holdUp(isHeld: (sequence: number) => boolean): { release: () => void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  warehouse.shop.answerAfter(({ sequence }) => (isHeld(sequence ?? 0) ? promise : undefined));
  return { release: resolve };
}

describe('a stream of which every event counts', () => {
  const document = 'subscription { itemSold { sequence item { name } } }';
  const subscribe = () => {
    client = createGraphqlClient(warehouse.url);
    return client.subscribe<{ itemSold: { sequence: number } }>(document);
  };

  test('sends an event that was joined faster than the one before it after that one', async () => {
    warehouse.sell('A');
    const feed = subscribe();
    const first = (await feed.next()).data!.itemSold.sequence;
    const held = holdUp((sequence) => sequence === first + 1);
    const asked = warehouse.shop.lookups.length;
    for (const sku of ['B', 'C', 'D']) warehouse.sell(sku);
    await eventually(() => expect(warehouse.shop.lookups).toHaveLength(asked + 3));
    const events = feed.take(3);
    held.release();
    expect((await events).map(({ data }) => data)).toEqual(
      ['B', 'C', 'D'].map((sku, index) => ({
        itemSold: { sequence: first + 1 + index, item: { name: `item ${sku}` } },
      })),
    );
  });

  test('loses none while joining is slow, and asks for few at a time', async () => {
    warehouse.sell('A');
    const feed = subscribe();
    const first = (await feed.next()).data!.itemSold.sequence;
    const before = await conflated();
    const held = holdUp(() => true);
    const asked = warehouse.shop.lookups.length;
    for (let index = 0; index < 300; index += 1) warehouse.sell('A');
    await eventually(() => expect(warehouse.shop.lookups.length).toBeGreaterThan(asked));
    expect(warehouse.shop.lookups.length - asked).toBeLessThanOrEqual(8);
    held.release();
    const sequences = (await feed.take(300)).map(({ data }) => data!.itemSold.sequence);
    expect(sequences).toEqual(Array.from({ length: 300 }, (_, index) => first + 1 + index));
    expect(await conflated()).toBe(before);
  });

  test('asks its clients to come back when more events wait than can be kept', async () => {
    warehouse.sell('A');
    const feed = subscribe();
    await feed.next();
    const held = holdUp(() => true);
    for (let index = 0; index < 1_100; index += 1) warehouse.sell('A');
    await expect(feed.take(1_100)).rejects.toMatchObject({ code: 1013 });
    held.release();
  });

  test('tells which event could not be joined, in its place', async () => {
    warehouse.sell('A');
    const feed = subscribe();
    const first = (await feed.next()).data!.itemSold.sequence;
    warehouse.shop.answerAfter(({ sequence }) => {
      if (sequence === first + 2) throw new Error('the shop has failed');
    });
    for (const sku of ['B', 'C', 'D']) warehouse.sell(sku);
    const events = await feed.take(3);
    expect(events.map(({ data }) => data!.itemSold.sequence)).toEqual([first + 1, first + 2, first + 3]);
    expect(events.map(({ errors }) => errors?.length ?? 0)).toEqual([0, 1, 0]);
  });
});

describe('a conflatable stream', () => {
  type Priced = { stockPriced: { sequence: number; sku: string; price: number } };
  const document = 'subscription { stockPriced { sequence sku price item { name } } }';
  const subscribe = () => {
    client = createGraphqlClient(warehouse.url);
    return client.subscribe<Priced>(document);
  };
  const pricesOf = (events: { data?: Priced | null }[]) =>
    events.map(({ data }) => [data!.stockPriced.sku, data!.stockPriced.price]);

  test('never sends an older event of a key after a newer one, and does not wait for it for long', async () => {
    warehouse.setPrice('A', 1);
    const feed = subscribe();
    const first = (await feed.next()).data!.stockPriced.sequence;
    const before = await conflated();
    const held = holdUp((sequence) => sequence === first + 1);
    warehouse.setPrice('A', 2);
    warehouse.setPrice('A', 3);
    expect(pricesOf(await feed.take(1))).toEqual([['A', 3]]);
    held.release();
    warehouse.setPrice('A', 4);
    expect(pricesOf(await feed.take(1))).toEqual([['A', 4]]);
    expect(await conflated()).toBe(before + 1);
  });

  test('holds up no other key while one is slow', async () => {
    warehouse.setPrice('A', 1);
    const feed = subscribe();
    const first = (await feed.next()).data!.stockPriced.sequence;
    const held = holdUp((sequence) => sequence === first + 1);
    warehouse.setPrice('A', 2);
    for (const price of [1, 2, 3]) warehouse.setPrice('B', price);
    expect(pricesOf(await feed.take(3))).toEqual([
      ['B', 1],
      ['B', 2],
      ['B', 3],
    ]);
    held.release();
    expect(pricesOf(await feed.take(1))).toEqual([['A', 2]]);
  });

  test('goes on with the newest event of each key when joining was slow, and keeps no more than these', async () => {
    warehouse.setPrice('A', 1);
    const feed = subscribe();
    await feed.next();
    const before = await conflated();
    const held = holdUp(() => true);
    const asked = warehouse.shop.lookups.length;
    for (let price = 1; price <= 500; price += 1) for (const sku of ['A', 'B', 'C']) warehouse.setPrice(sku, price);
    await eventually(async () => expect((await conflated()) - before).toBeGreaterThanOrEqual(1_490));
    held.release();
    const newest = new Map<string, number>();
    const seen: [string, number][] = [];
    while ([...newest.values()].filter((price) => price === 500).length < 3) {
      const { sku, price } = (await feed.next()).data!.stockPriced;
      expect(price).toBeGreaterThan(newest.get(sku) ?? 0);
      newest.set(sku, price);
      seen.push([sku, price]);
    }
    expect(seen.length).toBeLessThanOrEqual(10);
    expect(warehouse.shop.lookups.length - asked).toBe(seen.length);
  });

  test('sends every event while joining keeps up', async () => {
    warehouse.setPrice('A', 1);
    const feed = subscribe();
    await feed.next();
    for (let price = 2; price < 100; price += 1) {
      warehouse.setPrice('A', price);
      expect(pricesOf(await feed.take(1))).toEqual([['A', price]]);
    }
  });
});
