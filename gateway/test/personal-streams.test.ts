import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { eventually } from '#shared/testing/eventually.ts';
import { acceptSse, post } from './raw-stream.ts';
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
afterEach(() => clients.closeAll());
afterAll(async () => {
  await warehouse.close();
});

describe('a personal field that is joined to a public feed', () => {
  const document = 'subscription { stockPriced(sku: "A") { price item { myNote } } }';

  test.each([
    ['itself', document],
    [
      'in a fragment',
      'subscription { stockPriced(sku: "A") { price item { ...mine } } } fragment mine on Item { myNote }',
    ],
    ['under an alias', 'subscription { stockPriced(sku: "A") { price item { name: myNote } } }'],
    [
      'in a condition',
      'subscription { stockPriced(sku: "A") { price item { sku ... @include(if: true) { myNote } } } }',
    ],
  ])('%s is answered to each caller with their own credentials', async (_name, operation) => {
    warehouse.setPrice('A', 1);
    const feeds = [clients.of('alice'), clients.of('bob')].map((client) => client.subscribe(operation));
    await Promise.all(feeds.map((feed) => feed.next()));
    const lookups = warehouse.shop.lookups.length;
    warehouse.setPrice('A', 2);
    const [alices, bobs] = await Promise.all(feeds.map((feed) => feed.next()));
    expect(JSON.stringify(alices)).toContain('alice on A');
    expect(JSON.stringify(bobs)).toContain('bob on A');
    expect(JSON.stringify(alices)).not.toContain('bob');
    expect(JSON.stringify(bobs)).not.toContain('alice');
    const askedBy = warehouse.shop.lookups.slice(lookups).map(({ userId }) => userId);
    expect(askedBy.toSorted()).toEqual(['alice', 'bob']);
  });

  test('leaves the upstream shared and without credentials', async () => {
    warehouse.setPrice('PUBLIC', 1);
    const operation = document.replace('"A"', '"PUBLIC"');
    const begun = warehouse.sales.priced.begun.length;
    const seen = warehouse.credentials.sales.length;
    const members = [clients.of('alice'), clients.of('bob'), clients.anonymous()];
    const [, , nobody] = await Promise.all(members.map((client) => client.subscribe(operation).next()));
    expect(nobody).toMatchObject({
      data: { stockPriced: { price: 1, item: { myNote: null } } },
      errors: [{ path: ['stockPriced', 'item', 'myNote'], extensions: { code: 'UNAUTHENTICATED' } }],
    });
    expect(warehouse.sales.priced.begun).toHaveLength(begun + 1);
    expect(warehouse.credentials.sales.slice(seen).filter(Boolean)).toEqual([]);
  });
});

describe('a personal field of the event itself', () => {
  test('makes the upstream one of the caller, and public operations beside it do not see it', async () => {
    warehouse.setPrice('OWN', 10);
    const begun = warehouse.sales.priced.begun.length;
    const discounted = 'subscription { stockPriced(sku: "OWN") { price discount } }';
    const feeds = [
      clients.of('alice').subscribe(discounted),
      clients.of('bob').subscribe(discounted),
      clients.of('bob').subscribe('subscription { stockPriced(sku: "OWN") { price } }'),
      clients.anonymous().subscribe(discounted),
    ];
    const events = await Promise.all(feeds.map((feed) => feed.next()));
    expect(events.map(({ data }) => data)).toEqual([
      { stockPriced: { price: 10, discount: 50 } },
      { stockPriced: { price: 10, discount: 30 } },
      { stockPriced: { price: 10 } },
      { stockPriced: { price: 10, discount: null } },
    ]);
    expect(warehouse.sales.priced.begun).toHaveLength(begun + 4);
  });
});

describe('a personal stream', () => {
  const document = 'subscription { myInbox { sequence owner text } }';

  test('is one of the session, which its sockets share, and another session has its own', async () => {
    warehouse.tell('carol', 'hello');
    const inbox = warehouse.sales.inboxOf('carol');
    const feeds = [
      clients.of('carol', 'at work').subscribe(document),
      clients.of('carol', 'at home').subscribe(document),
    ];
    await Promise.all(feeds.map((feed) => feed.next()));
    expect(inbox.listeners()).toBe(2);
    const another = clients.of('carol', 'at home').subscribe(document);
    expect((await another.next()).data).toEqual({ myInbox: { sequence: 1, owner: 'carol', text: 'hello' } });
    await eventually(() => expect(inbox.listeners()).toBe(2));
    warehouse.tell('carol', 'again');
    for (const feed of [...feeds, another])
      expect((await feed.next()).data).toEqual({ myInbox: { sequence: 2, owner: 'carol', text: 'again' } });
  });

  test('is refused to who is not signed in', async () => {
    expect(await codeOf(clients.anonymous().subscribe(document).next())).toBe('UNAUTHENTICATED');
  });

  test('is subscribed to and joined with the credentials of its caller', async () => {
    warehouse.tell('dave', 'hello', 'D');
    const seen = warehouse.credentials.sales.length;
    const lookups = warehouse.shop.lookups.length;
    const event = await clients.of('dave').subscribe('subscription { myInbox { text item { myNote } } }').next();
    expect(event.data).toEqual({ myInbox: { text: 'hello', item: { myNote: 'dave on D' } } });
    expect(warehouse.credentials.sales.slice(seen)).toEqual([expect.stringMatching(/^Bearer /)]);
    expect(warehouse.shop.lookups.slice(lookups).map(({ userId }) => userId)).toEqual(['dave']);
  });

  test('is joined for as long as it runs, over HTTP too, where its first request had to be answered in time', async () => {
    const { url, stop } = await warehouse.startGateway({ REQUEST_TIMEOUT_MS: '100' });
    const authorization = `Bearer ${warehouse.keys.sign({ sub: 'fay' })}`;
    const query = 'subscription { myInbox { text item { myNote } } }';
    const stream = await post(url, acceptSse, { query }, { authorization });
    await eventually(() => expect(warehouse.sales.inboxOf('fay').listeners()).toBe(1));
    await new Promise((resolve) => setTimeout(resolve, 150));
    warehouse.tell('fay', 'hello', 'F');
    expect(await stream.until('hello')).toContain('{"myInbox":{"text":"hello","item":{"myNote":"fay on F"}}}');
    stream.close();
    await stop();
  });

  test('is joined on behalf of nobody with what everybody may know', async () => {
    warehouse.tell('erin', 'hello', 'E');
    const lookups = warehouse.shop.lookups.length;
    const event = await clients.of('erin').subscribe('subscription { myInbox { text item { name } } }').next();
    expect(event.data).toEqual({ myInbox: { text: 'hello', item: { name: 'item E' } } });
    expect(warehouse.shop.lookups.slice(lookups).map(({ userId }) => userId)).toEqual([undefined]);
  });
});

test('nobody receives what belongs to another, whatever they subscribe to and whenever it happens', async () => {
  const operations = [
    'subscription { itemSold { sequence note item { name myNote } } }',
    'subscription { stockPriced { sequence price item { name myNote } } }',
    'subscription { stockPriced { price discount item { myNote } } }',
    'subscription { myInbox { sequence owner text item { name myNote } } }',
    'subscription { mine: myInbox { text } }',
  ];
  const people = ['erin', 'frank'];
  const happening = fc.oneof(
    fc.record({ kind: fc.constant('tell' as const), to: fc.constantFrom(...people) }),
    fc.record({ kind: fc.constantFrom('sell' as const, 'price' as const) }),
    fc.record({
      kind: fc.constant('join' as const),
      who: fc.constantFrom(...people),
      operation: fc.constantFrom(...operations),
    }),
  );
  let told = 0;
  for (const person of people) warehouse.tell(person, `for ${person} ${(told += 1)}`);
  warehouse.sell('A');
  warehouse.setPrice('A', 1);
  await fc.assert(
    fc.asyncProperty(fc.array(happening, { minLength: 5, maxLength: 30 }), async (happenings) => {
      const received = new Map<string, string[]>(people.map((person) => [person, []]));
      const joined: Promise<void>[] = [];
      const join = (who: string, operation: string) => {
        const feed = clients.of(who).subscribe(operation);
        const read = async () => {
          for (;;) received.get(who)!.push(JSON.stringify(await feed.next()));
        };
        joined.push(read().catch(() => undefined));
      };
      for (const who of people) join(who, operations[3]!);
      for (const each of happenings) {
        if (each.kind === 'tell') warehouse.tell(each.to, `for ${each.to} ${(told += 1)}`);
        else if (each.kind === 'join') join(each.who, each.operation);
        else if (each.kind === 'sell') warehouse.sell('A');
        else warehouse.setPrice('A', told);
        await new Promise(setImmediate);
      }
      for (const person of people) warehouse.tell(person, `for ${person}: the end`);
      await eventually(() => {
        for (const person of people) expect(received.get(person)!.join()).toContain(`for ${person}: the end`);
      });
      await clients.closeAll();
      await Promise.all(joined);
      const [erins, franks] = people.map((person) => received.get(person)!.join('\n'));
      expect(erins).not.toContain('frank');
      expect(franks).not.toContain('erin');
    }),
    { numRuns: 15, endOnFailure: true },
  );
});
