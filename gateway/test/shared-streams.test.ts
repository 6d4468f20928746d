import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { eventually } from '#shared/testing/eventually.ts';
import { createClients, codeOf, type Clients } from './warehouse/clients.ts';
import { startWarehouse, type Warehouse } from './warehouse-graph.ts';

let warehouse: Warehouse;
let clients: Clients;
beforeAll(async () => {
  warehouse = await startWarehouse({
    OPERATIONS_PER_SECOND: '10000',
    OPERATIONS_PER_SOCKET: '1000',
  });
  clients = createClients(warehouse.url, warehouse.keys);
});
afterEach(() => clients.closeAll());
afterAll(async () => {
  await warehouse.close();
});

/** How much each of these metrics has grown since. */
async function growth(...names: string[]): Promise<() => Promise<number[]>> {
  const read = () => Promise.all(names.map((name) => warehouse.metric(`gold_gateway_${name}_total`)));
  const before = await read();
  return async () => (await read()).map((value, index) => value - before[index]!);
}

describe('clients of a public feed', () => {
  test('share one upstream however they write their operations', async () => {
    warehouse.setPrice('WORDS', 1);
    const begun = warehouse.sales.priced.begun.length;
    const documents = [
      'subscription { stockPriced(sku: "WORDS") { sequence price item { name } } }',
      'subscription Named { stockPriced(sku: "WORDS") { sequence, price, item { name } } } # the same',
      'subscription { p: stockPriced(sku: "WORDS") { item { title: name } cost: price again: price sequence } }',
      'subscription ($sku: ID) { stockPriced(sku: $sku) { ...priced } } fragment priced on StockPrice { price item { ... on Item { name } } }',
      'subscription { stockPriced(sku: "WORDS") { ... @skip(if: false) { price } price @include(if: false) item { name soldAt } } }',
    ];
    const feeds = documents.map((document) => clients.anonymous().subscribe(document, { sku: 'WORDS' }));
    const [, , renamed, , included] = await Promise.all(feeds.map((feed) => feed.next()));
    expect(renamed!.data).toMatchObject({ p: { item: { title: 'item WORDS' }, cost: 1, again: 1 } });
    expect(included!.data).toMatchObject({ stockPriced: { price: 1, item: { name: 'item WORDS' } } });
    expect(warehouse.sales.priced.begun).toHaveLength(begun + 1);
    expect(await warehouse.metric('gold_gateway_upstreams')).toBe(1);
  });

  test('share one upstream when they select different fields of the event, joined or not', async () => {
    warehouse.setPrice('FIELDS', 1);
    const selections = ['price', 'sequence currency', '__typename sku', 'item { name }', 'price item { sku soldAt }'];
    const feeds = selections.map((fields) =>
      clients.anonymous().subscribe(`subscription { stockPriced(sku: "FIELDS") { ${fields} } }`),
    );
    const events = await Promise.all(feeds.map((feed) => feed.next()));
    expect(events.map(({ data }) => Object.keys(data!.stockPriced ?? {}))).toEqual([
      ['price'],
      ['sequence', 'currency'],
      ['__typename', 'sku'],
      ['item'],
      ['price', 'item'],
    ]);
    await eventually(() => expect(warehouse.sales.priced.listeners()).toBe(1));
  });

  test('share execution, bytes and entity fetches when their operations are the same', async () => {
    warehouse.setPrice('SAME', 1);
    const document = 'subscription { stockPriced(sku: "SAME") { sequence price item { name } } }';
    const feeds = [clients.anonymous(), clients.anonymous(), clients.of('alice')].map((client, index) =>
      client.subscribe(index === 1 ? document.replace('subscription', 'subscription Other') : document),
    );
    await Promise.all(feeds.map((feed) => feed.next()));
    const grown = await growth('events_received', 'events_executed', 'event_fetches', 'events_shared');
    const lookups = warehouse.shop.lookups.length;
    warehouse.setPrice('SAME', 2);
    for (const feed of feeds) expect((await feed.next()).data).toMatchObject({ stockPriced: { price: 2 } });
    expect(await grown()).toEqual([1, 1, 1, 2]);
    expect(warehouse.shop.lookups).toHaveLength(lookups + 1);
    expect(await warehouse.metric('gold_gateway_shared_streams')).toBe(1);
  });

  test('are served without the credentials of any of them', async () => {
    warehouse.setPrice('NOBODY', 1);
    const before = { sales: warehouse.credentials.sales.length, shop: warehouse.credentials.shop.length };
    const document = 'subscription { stockPriced(sku: "NOBODY") { price item { name } } }';
    const first = clients.of('alice').subscribe(document);
    await first.next();
    const feeds = [clients.of('bob'), clients.anonymous()].map((client) => client.subscribe(document));
    await Promise.all(feeds.map((feed) => feed.next()));
    const resumed = clients.of('carol').subscribe(document.replace('"NOBODY"', '"NOBODY", after: "0"'));
    await resumed.next();
    warehouse.setPrice('NOBODY', 2);
    for (const feed of [first, resumed, ...feeds])
      expect((await feed.next()).data).toMatchObject({ stockPriced: { price: 2 } });
    const seen = [...warehouse.credentials.sales.slice(before.sales), ...warehouse.credentials.shop.slice(before.shop)];
    expect(seen.length).toBeGreaterThanOrEqual(2);
    expect(seen.filter((authorization) => authorization !== undefined)).toEqual([]);
  });

  test('share an upstream and entity fetches with 500 different operations, each executed once an event', async () => {
    const document = (index: number) => {
      const fields = ['price', 'sequence', 'currency', 'sku'].filter((_, bit) => index & (1 << bit));
      const joined = ['name', 'soldAt', 'shippingCost'][index % 3]!;
      const item = index % 5 === 0 ? '' : `item { field${index}: ${joined} }`;
      return `subscription { of${index}: stockPriced(sku: "MANY") { price ${fields.join(' ')} ${item} } }`;
    };
    warehouse.setPrice('MANY', 1);
    const begun = warehouse.sales.priced.begun.length;
    const client = clients.anonymous();
    const feeds = Array.from({ length: 500 }, (_, index) =>
      client.subscribe<Record<string, { price: number }>>(document(index)),
    );
    await Promise.all(feeds.map((feed) => feed.next()));
    expect(warehouse.sales.priced.begun).toHaveLength(begun + 1);
    expect(await warehouse.metric('gold_gateway_shared_streams')).toBe(500);
    const grown = await growth('events_received', 'events_executed', 'event_fetches', 'events_conflated');
    warehouse.setPrice('MANY', 2);
    const events = await Promise.all(feeds.map((feed) => feed.next()));
    expect(events.every(({ data }, index) => data![`of${index}`]!.price === 2)).toBe(true);
    // One for each of the three selections of an item.
    expect(await grown()).toEqual([1, 500, 3, 0]);
  });

  test('are served by one upstream of each gateway', async () => {
    warehouse.setPrice('TWO', 1);
    const second = await warehouse.startGateway();
    const document = 'subscription { stockPriced(sku: "TWO") { price item { name } } }';
    const feeds = [warehouse.url, second.url, second.url].map((url) => clients.anonymous(url).subscribe(document));
    await Promise.all(feeds.map((feed) => feed.next()));
    await eventually(() => expect(warehouse.sales.priced.listeners()).toBe(2));
    warehouse.setPrice('TWO', 2);
    for (const feed of feeds) expect((await feed.next()).data).toMatchObject({ stockPriced: { price: 2 } });
    await second.stop();
  });

  test('are hurt once at most by a field that only others want: it is asked for beside theirs no more', async () => {
    warehouse.setPrice('NO-CURRENCY', 1);
    // It keeps what it has learnt.
    const { url, stop } = await warehouse.startGateway();
    const document = 'subscription { stockPriced(sku: "NO-CURRENCY") { price } }';
    const hurt = clients.anonymous(url).subscribe(document);
    await expect(hurt.next()).rejects.toMatchObject({ code: 1012 });
    const wanting = clients.anonymous(url).subscribe('subscription { stockPriced(sku: "NO-CURRENCY") { currency } }');
    expect((await wanting.next()).data).toBeNull();
    const again = clients.anonymous(url).subscribe(document);
    expect((await again.next()).data).toEqual({ stockPriced: { price: 1 } });
    warehouse.setPrice('NO-CURRENCY', 2);
    expect((await again.next()).data).toEqual({ stockPriced: { price: 2 } });
    expect((await wanting.next()).data).toBeNull();
    await stop();
  });
});

test('nothing stays behind of clients that are gone, and each operation that began has ended once', async () => {
  warehouse.setPrice('GONE', 1);
  const document = (index: number) =>
    `subscription { stockPriced(sku: "GONE${index % 3}") { of${index}: price item { ${index % 2 ? 'name' : 'myNote'} } } }`;
  const feeds = Array.from({ length: 30 }, (_, index) =>
    (index % 2 ? clients.anonymous() : clients.of('dave')).subscribe(document(index)),
  );
  const refused = clients.anonymous().subscribe('subscription { itemSold(sku: "UNKNOWN") { note } }');
  expect(await codeOf(refused.next())).toBe('NOT_FOUND');
  await Promise.all(feeds.slice(0, 10).map((feed) => feed.return()));
  await clients.closeAll();
  await eventually(async () => {
    for (const gauge of ['operations', 'shared_streams', 'upstreams', 'connections'])
      expect([gauge, await warehouse.metric(`gold_gateway_${gauge}`)]).toEqual([gauge, 0]);
  });
  expect(warehouse.sales.priced.listeners()).toBe(0);
  expect(await warehouse.metric('gold_gateway_operations_started_total')).toBe(
    await warehouse.metric('gold_gateway_operations_ended_total'),
  );
});

describe('a bad operation', () => {
  test.each([
    ['that cannot be parsed', 'subscription {', 'GRAPHQL_PARSE_FAILED'],
    ['that is not valid', 'subscription { stockPriced { nothing } }', 'GRAPHQL_VALIDATION_FAILED'],
    [
      'with an unusable variable',
      'subscription ($x: Boolean!) { stockPriced { price @skip(if: $x) } }',
      'BAD_USER_INPUT',
    ],
    ['that its subgraph refuses', 'subscription { itemSold(sku: "UNKNOWN") { note } }', 'NOT_FOUND'],
  ])('%s is answered alone, and the others of its socket go on', async (_name, document, code) => {
    warehouse.setPrice('GOOD', 1);
    const client = clients.anonymous();
    const good = client.subscribe('subscription { stockPriced(sku: "GOOD") { price } }');
    await good.next();
    expect(await codeOf(client.subscribe(document).next())).toBe(code);
    warehouse.setPrice('GOOD', 2);
    expect((await good.next()).data).toEqual({ stockPriced: { price: 2 } });
  });

  test('which fails in an event costs that event only, and nobody else', async () => {
    warehouse.setPrice('FAILS', 1);
    const client = clients.anonymous();
    const joined = client.subscribe('subscription { stockPriced(sku: "FAILS") { price item { name } } }');
    const plain = client.subscribe('subscription { stockPriced(sku: "FAILS") { price } }');
    await Promise.all([joined.next(), plain.next()]);
    warehouse.shop.answerAfter(() => {
      throw new Error('the shop has failed');
    });
    warehouse.setPrice('FAILS', 2);
    expect(await joined.next()).toMatchObject({ data: { stockPriced: { price: 2 } }, errors: [{}] });
    expect(await plain.next()).toEqual({ data: { stockPriced: { price: 2 } } });
    warehouse.shop.answerAfter();
    warehouse.setPrice('FAILS', 3);
    expect(await joined.next()).toEqual({ data: { stockPriced: { price: 3, item: { name: 'item FAILS' } } } });
  });
});
