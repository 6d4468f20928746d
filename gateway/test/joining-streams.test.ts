import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { ExecutionResult } from 'graphql';
import type { EventReader } from '#shared/testing/graphql-client.ts';
import { eventually } from '#shared/testing/eventually.ts';
import { codeOf, createClients, type Clients } from './warehouse/clients.ts';
import { startWarehouse, type Warehouse } from './warehouse-graph.ts';

let warehouse: Warehouse;
let clients: Clients;
beforeAll(async () => {
  warehouse = await startWarehouse({
    OPERATIONS_PER_SECOND: '10000',
  });
  clients = createClients(warehouse.url, warehouse.keys);
});
afterEach(async () => {
  await clients.closeAll();
  await eventually(() => expect(warehouse.listeners()).toBe(0));
});
afterAll(async () => {
  await warehouse.close();
});

type Feed = EventReader<ExecutionResult<Record<string, { sequence: number }>>>;
const sequenceOf = ({ data }: ExecutionResult<Record<string, { sequence: number }>>) =>
  Object.values(data!)[0]!.sequence;
const sequences = async (feed: Feed, count: number) => (await feed.take(count)).map(sequenceOf);
const from = (first: number, count: number) => Array.from({ length: count }, (_, index) => first + index);
/** @returns the sequence of the last */
let sold = 0;
function sell(count: number): number {
  for (let index = 0; index < count; index += 1) warehouse.sell('A');
  return (sold += count);
}

/** For what the gateway does otherwise when nothing has come for a second. */
const quietForASecond = async () => {
  const since = performance.now();
  await eventually(() => expect(performance.now() - since).toBeGreaterThan(1_100));
};

describe('a client that joins a running conflatable stream', () => {
  const document = 'subscription { stockPriced(sku: "RUNS") { sequence price item { name } } }';

  test('is given the current state at once, of what everybody was sent a moment ago', async () => {
    warehouse.setPrice('RUNS', 1);
    await clients.anonymous().subscribe(document).next();
    const begun = warehouse.sales.priced.begun.length;
    const executed = await warehouse.metric('gold_gateway_events_executed_total');
    const event = await clients.anonymous().subscribe(document).next();
    expect(event.data).toMatchObject({ stockPriced: { price: 1, item: { name: 'item RUNS' } } });
    expect(warehouse.sales.priced.begun).toHaveLength(begun);
    expect(await warehouse.metric('gold_gateway_events_executed_total')).toBe(executed);
  });

  test('is given what the subgraph says now when nothing has come for a while, all who join by one question', async () => {
    const running = clients.anonymous().subscribe(document);
    await running.next();
    await quietForASecond();
    const begun = warehouse.sales.priced.begun.length;
    const feeds = Array.from({ length: 20 }, () => clients.anonymous().subscribe(document));
    const events = await Promise.all(feeds.map((feed) => feed.next()));
    expect(events.map(({ data }) => data)).toEqual(Array(20).fill(events[0]!.data));
    expect(warehouse.sales.priced.begun.length - begun).toBeLessThanOrEqual(2);
    await eventually(() => expect(warehouse.sales.priced.listeners()).toBe(1));
    warehouse.setPrice('RUNS', 2);
    for (const feed of [running, ...feeds])
      expect((await feed.next()).data).toMatchObject({ stockPriced: { price: 2 } });
  });

  test('is given the current state although its subgraph is away', async () => {
    warehouse.setPrice('RUNS', 3);
    await clients.anonymous().subscribe(document).next();
    await quietForASecond();
    await warehouse.stopSales();
    const event = await clients.anonymous().subscribe(document).next();
    expect(event.data).toMatchObject({ stockPriced: { price: 3 } });
    await warehouse.startSales();
  });
});

describe('a client that joins a running stream of which every event counts', () => {
  const selection = '{ sequence note item { name } }';
  const document = `subscription { itemSold ${selection} }`;

  test('begins with the current state and misses and repeats nothing, however fast events come', async () => {
    sell(1);
    const start = warehouse.sales.sold.begun.length;
    const feeds: Feed[] = [];
    const firsts: number[] = [];
    for (let joined = 0; joined < 20; joined += 1) {
      const feed: Feed = clients.anonymous().subscribe(document);
      feeds.push(feed);
      const first = feed.next();
      sell(3);
      firsts.push(sequenceOf(await first));
      sell(2);
    }
    expect(warehouse.sales.sold.begun.length).toBeGreaterThan(start);
    const last = sell(1);
    for (const [index, feed] of feeds.entries()) {
      const received = await sequences(feed, 1);
      while (received.at(-1)! < last) received.push(sequenceOf(await feed.next()));
      expect(received).toEqual(from(firsts[index]! + 1, received.length));
    }
    await eventually(() => expect(warehouse.listeners()).toBe(1));
  });

  test('is told of a quiet stream what was last, and shares the upstream although its operation is new', async () => {
    sell(1);
    await clients.anonymous().subscribe(document).next();
    await quietForASecond();
    const feeds = ['{ sequence note }', selection, '{ again: sequence text: note sequence }'].map((fields): Feed =>
      clients.anonymous().subscribe(`subscription { itemSold ${fields} }`),
    );
    const [first] = await Promise.all(feeds.map((feed) => sequences(feed, 1)));
    await eventually(() => expect(warehouse.listeners()).toBe(1));
    sell(2);
    for (const feed of feeds) expect(await sequences(feed, 2)).toEqual(from(first![0]! + 1, 2));
  });

  test('finds a personal one as gap-free', async () => {
    const mine = 'subscription { myInbox { sequence text item { name } } }';
    warehouse.tell('alice', 'first');
    const running: Feed = clients.of('alice').subscribe(mine);
    expect(await sequences(running, 1)).toEqual([1]);
    for (const text of ['second', 'third']) warehouse.tell('alice', text);
    const another: Feed = clients.of('alice').subscribe(mine);
    expect(await sequences(another, 1)).toEqual([3]);
    for (const text of ['fourth', 'fifth']) warehouse.tell('alice', text);
    expect(await sequences(another, 2)).toEqual([4, 5]);
    expect(await sequences(running, 4)).toEqual([2, 3, 4, 5]);
    await eventually(() => expect(warehouse.sales.inboxOf('alice').listeners()).toBe(1));
  });
});

describe('a client that resumes behind a sequence', () => {
  test('is replayed to alone, and then shares the stream: nobody is sent anything twice', async () => {
    sell(60);
    const document = 'subscription ($after: String) { itemSold(after: $after) { sequence item { name } } }';
    const running: Feed = clients.anonymous().subscribe(document);
    const [current] = await sequences(running, 1);
    const begun = warehouse.sales.sold.begun.length;
    const resuming: Feed = clients.anonymous().subscribe(document, { after: String(current! - 50) });
    expect(await sequences(resuming, 50)).toEqual(from(current! - 49, 50));
    expect(warehouse.sales.sold.begun.slice(begun)).toEqual([{ after: String(current! - 50) }]);
    await eventually(() => expect(warehouse.listeners()).toBe(1));
    sell(3);
    expect(await sequences(resuming, 3)).toEqual(from(current! + 1, 3));
    expect(await sequences(running, 3)).toEqual(from(current! + 1, 3));
  });

  test('is served from what the gateway has sent the others when that reaches back far enough', async () => {
    sell(1);
    const running: Feed = clients.anonymous().subscribe('subscription { itemSold { sequence note } }');
    const [first] = await sequences(running, 1);
    sell(10);
    await running.take(10);
    const begun = warehouse.sales.sold.begun.length;
    const document = `subscription { itemSold(after: "${first! + 3}") { sequence note } }`;
    const resuming: Feed = clients.anonymous().subscribe(document);
    expect(await sequences(resuming, 7)).toEqual(from(first! + 4, 7));
    sell(1);
    expect(await sequences(resuming, 1)).toEqual([first! + 11]);
    expect(warehouse.sales.sold.begun).toHaveLength(begun);
  });

  test('also behind the newest one, where nothing is to be sent until the next comes', async () => {
    sell(1);
    const running: Feed = clients.anonymous().subscribe('subscription { itemSold { sequence note } }');
    const [current] = await sequences(running, 1);
    const resuming: Feed = clients
      .anonymous()
      .subscribe('subscription ($behind: String) { itemSold(after: $behind) { sequence } }', {
        behind: String(current),
      });
    const next = sequences(resuming, 2);
    await eventually(async () => expect(await warehouse.metric('gold_gateway_shared_streams')).toBe(2));
    sell(2);
    expect(await next).toEqual(from(current! + 1, 2));
  });

  test.each([
    ['itemSold', '{ itemSold { sequence } }', '{ itemSold(after: "999999") { sequence } }'],
    ['stockPriced', '{ stockPriced { sequence } }', '{ stockPriced(after: "999999") { sequence } }'],
  ])('that has not come yet is refused, and %s goes on for the others', async (_name, running, ahead) => {
    sell(1);
    warehouse.setPrice('A', 1);
    const feed: Feed = clients.anonymous().subscribe(`subscription ${running}`);
    const [current] = await sequences(feed, 1);
    expect(await codeOf(clients.anonymous().subscribe(`subscription ${ahead}`).next())).toBe('SEQUENCE_AHEAD');
    expect(
      await codeOf(
        clients
          .anonymous()
          .subscribe(`subscription ${ahead.replace('999999', '666')}`)
          .next(),
      ),
    ).toBe('SEQUENCE_TOO_OLD');
    sell(1);
    warehouse.setPrice('A', 2);
    expect(await sequences(feed, 1)).toEqual([current! + 1]);
  });
});

describe('a stream whose subgraph has lost its past', () => {
  test('says so, and goes on with the current state for all, just joined or not', async () => {
    sell(5);
    const document = 'subscription { itemSold { sequence item { name } } }';
    const running: Feed = clients.anonymous().subscribe(document);
    const [current] = await sequences(running, 1);
    const joined: Feed = clients.anonymous().subscribe(document);
    expect(await sequences(joined, 1)).toEqual([current]);
    await eventually(() => expect(warehouse.listeners()).toBe(1));
    await warehouse.stopSales();
    warehouse.sales.sold.forget();
    sold = 0;
    sell(2);
    await warehouse.startSales();
    for (const feed of [running, joined]) {
      const event = await feed.next();
      expect([sequenceOf(event), event.extensions]).toEqual([2, { gap: { after: String(current) } }]);
    }
    sell(2);
    expect(await sequences(running, 2)).toEqual([3, 4]);
    expect(await sequences(joined, 2)).toEqual([3, 4]);
    const resuming = clients.anonymous().subscribe(document.replace('itemSold', `itemSold(after: "${current}")`));
    expect(await codeOf(resuming.next())).toBe('SEQUENCE_AHEAD');
    const replayed: Feed = clients.anonymous().subscribe(document.replace('itemSold', 'itemSold(after: "0")'));
    expect(await sequences(replayed, 4)).toEqual([1, 2, 3, 4]);
  });
});
