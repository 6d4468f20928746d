import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createGraphqlClient, type GraphqlClient } from '#shared/testing/graphql-client.ts';
import { eventually } from '#shared/testing/eventually.ts';
import { startKeyServer, type KeyServer } from '#shared/testing/key-server.ts';
import { openRawSocket } from './raw-websocket.ts';
import { acceptMultipart, acceptSse, post } from './raw-stream.ts';
import { collectGarbage } from './collected-heap.ts';
import { metricOf, startTickers, type Tickers } from './ticker-graph.ts';
import type { TickerSchema } from './ticker-schema.ts';

const spreadMs = 1_500;
const plain = 'subscription { ticked { sequence price } }';
const named = 'subscription { ticked { sequence metal { name } } }';
const labelled = 'subscription { traded { sequence metal { label } } }';

let keys: KeyServer;
let tickers: Tickers;
let clients: GraphqlClient[];
beforeEach(async () => {
  keys = await startKeyServer();
  const ofKeys = { AUTH_JWKS_URL: keys.jwksUrl, AUTH_ISSUER: keys.issuer };
  tickers = await startTickers({ SUPERGRAPH_POLL_MS: '20', RELOAD_SPREAD_MS: String(spreadMs), ...ofKeys });
  clients = [];
});
afterEach(async () => {
  for (const client of clients) await client.close();
  await tickers.close();
  await keys.close();
});

function aClient(authorization?: string): GraphqlClient {
  const client = createGraphqlClient(tickers.gateway.url, {
    socket: { connectionParams: authorization ? { authorization } : {} },
  });
  clients.push(client);
  return client;
}

/** Gives the gateway another supergraph and waits until that is what it serves: its schema has a type of a name of its own. */
async function reload(schema: TickerSchema): Promise<void> {
  const generation = `Generation${(generations += 1)}`;
  const supergraph = tickers.supergraphOf(schema);
  await tickers.replaceFile(
    `${supergraph}\nenum ${generation} @join__type(graph: FEED) { ONE @join__enumValue(graph: FEED) }\n`,
  );
  const client = aClient();
  await eventually(async () => {
    const { data } = await client.request(`{ __type(name: "${generation}") { name } }`);
    expect(data).toEqual({ __type: { name: generation } });
  });
}
let generations = 0;

const sequencesOf = (events: { data?: unknown }[]) =>
  events.map(({ data }) => Object.values(data as Record<string, { sequence: number }>)[0]!.sequence);

describe('a stream, when a new supergraph is served', () => {
  test('runs on without a repeat where nothing of it has changed, and new operations see what is new', async () => {
    const streams = [plain, named, labelled].map((document) => aClient().subscribe(document));
    for (const stream of streams) expect(sequencesOf([await stream.next()])).toEqual([1]);
    const before = tickers.subscribed();
    await reload({ hasVolume: true });
    tickers.tick(2);
    for (const stream of streams) expect(sequencesOf(await stream.take(2))).toEqual([2, 3]);
    const { data } = await aClient().subscribe('subscription { ticked { volume } }').next();
    expect(data).toEqual({ ticked: { volume: 30 } });
    expect(await metricOf(tickers.gateway, 'gold_gateway_operations_ended_total', 'schema_changed')).toBe(0);
    // Only the new operation, which needs what the running upstream does not ask for.
    expect(tickers.subscribed() - before).toBe(1);
  });

  test('is shared by who comes later with the same operation', async () => {
    const early = aClient().subscribe(named);
    await early.next();
    await reload({ hasVolume: true });
    const late = aClient().subscribe(named);
    expect(sequencesOf([await late.next()])).toEqual([1]);
    tickers.tick();
    expect(sequencesOf([await early.next(), await late.next()])).toEqual([2, 2]);
    expect(await metricOf(tickers.gateway, 'gold_gateway_shared_streams')).toBe(1);
    expect(tickers.listeners()).toBe(1);
  });

  test("stays its caller's own", async () => {
    const tokenOf = (user: string) => `Bearer ${keys.sign({ sub: user, sid: `session of ${user}` })}`;
    const [ada, bob] = [tokenOf('ada'), tokenOf('bob')];
    const document = 'subscription { myFill { sequence owner } }';
    const early = [ada, bob].map((authorization) => aClient(authorization).subscribe(document));
    for (const stream of early) await stream.next();
    await reload({ hasVolume: true });
    const late = [ada, bob].map((authorization) => aClient(authorization).subscribe(document));
    for (const stream of late) await stream.next();
    tickers.tick();
    for (const streams of [early, late]) {
      const owners = await Promise.all(streams.map(async (stream) => (await stream.next()).data));
      expect(owners).toEqual([{ myFill: { sequence: 2, owner: 'ada' } }, { myFill: { sequence: 2, owner: 'bob' } }]);
    }
    expect(await metricOf(tickers.gateway, 'gold_gateway_shared_streams')).toBe(2);
  });

  test('is planned anew in its place when another subgraph tells what it joins', async () => {
    const stream = aClient().subscribe(named);
    expect((await stream.next()).data).toEqual({ ticked: { sequence: 1, metal: { name: 'name of GOLD' } } });
    await reload({ nameIn: 'labels' });
    tickers.tick();
    expect((await stream.next()).data).toEqual({ ticked: { sequence: 2, metal: { name: 'label of GOLD' } } });
    expect(tickers.subscribed()).toBe(1);
  });

  test('goes on when a field may be null from now on', async () => {
    const stream = aClient().subscribe(plain);
    await stream.next();
    await reload({ isPriceNullable: true });
    tickers.tick();
    expect((await stream.next()).data).toEqual({ ticked: { sequence: 2, price: 4_002 } });
  });

  test('ends with 1012, spread over the time for it, where its operation is not valid any more; others stay', async () => {
    const count = 12;
    const closedAt: number[] = [];
    const closings: unknown[] = [];
    for (let index = 0; index < count; index += 1) {
      const socket = openRawSocket(tickers.gateway.url);
      await socket.init();
      socket.subscribe('1', named);
      await socket.next();
      void socket.closed.then((closing) => {
        closings.push(closing);
        closedAt.push(performance.now());
      });
    }
    const others = [aClient().subscribe(plain), aClient().subscribe(labelled)];
    for (const other of others) await other.next();
    await reload({ nameIn: 'nobody' });
    await eventually(() => expect(closings).toEqual(Array(count).fill({ code: 1012, reason: 'Schema changed' })));
    expect(closedAt.at(-1)! - closedAt[0]!).toBeGreaterThan(spreadMs / 2);
    expect(closedAt.at(-1)! - closedAt[0]!).toBeLessThan(spreadMs * 1.5);
    tickers.tick();
    for (const other of others) expect(sequencesOf([await other.next()])).toEqual([2]);
    const ended = 'gold_gateway_operations_ended_total';
    expect(await metricOf(tickers.gateway, ended, 'reason="schema_changed"')).toBe(count);
    await expect(aClient().subscribe(named).next()).rejects.toMatchObject([
      { extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } },
    ]);
  });

  test('that each client has to itself is ended spread over that time too', async () => {
    const closedAt: number[] = [];
    for (let index = 0; index < 12; index += 1) {
      const socket = openRawSocket(tickers.gateway.url);
      await socket.init();
      socket.subscribe('1', `subscription { alias${index}: ticked { metal { name } } }`);
      await socket.next();
      void socket.closed.then(() => closedAt.push(performance.now()));
    }
    await reload({ nameIn: 'nobody' });
    await eventually(() => expect(closedAt).toHaveLength(12));
    expect(closedAt.at(-1)! - closedAt[0]!).toBeGreaterThan(spreadMs / 4);
  });

  test('tells clients over SSE and multipart to come back, in the words of each', async () => {
    const sse = await post(tickers.gateway.url, acceptSse, { query: named });
    const multipart = await post(tickers.gateway.url, acceptMultipart, { query: named });
    const staying = await post(tickers.gateway.url, acceptSse, { query: plain });
    await Promise.all([sse.until('name of GOLD'), multipart.until('name of GOLD'), staying.until('"sequence":1')]);
    await reload({ nameIn: 'nobody' });
    expect(await sse.whole()).toMatch(/: schema_changed\s*$/);
    expect(await multipart.whole()).toMatch(/SCHEMA_CHANGED/i);
    tickers.tick();
    await staying.until('"sequence":2');
    staying.close();
  });

  test('that is being ended ends once, also when the next supergraph comes meanwhile, and can be begun anew', async () => {
    const socket = openRawSocket(tickers.gateway.url);
    await socket.init();
    socket.subscribe('1', named);
    await socket.next();
    await reload({ nameIn: 'nobody' });
    await reload({});
    expect(await socket.closed).toEqual({ code: 1012, reason: 'Schema changed' });
    const again = aClient().subscribe(named);
    expect(sequencesOf([await again.next()])).toEqual([1]);
    tickers.tick();
    expect(sequencesOf([await again.next()])).toEqual([2]);
    expect(await metricOf(tickers.gateway, 'gold_gateway_operations_ended_total')).toBe(1);
    expect(await metricOf(tickers.gateway, 'gold_gateway_operations')).toBe(1);
  });

  test('asks its clients to come back when a subgraph that is started anew no longer knows what was subscribed to', async () => {
    await reload({ hasVolume: true });
    const socket = openRawSocket(tickers.gateway.url);
    await socket.init();
    socket.subscribe('1', plain);
    await socket.next();
    await reload({});
    await tickers.restartFeed({ hasVolume: false });
    expect(await socket.closed).toEqual({ code: 1012, reason: 'Schema changed' });
    expect(sequencesOf([await aClient().subscribe(plain).next()])).toEqual([1]);
  });
});

test('a broken supergraph is refused: the one before it serves on, and so do its streams', async () => {
  const stream = aClient().subscribe(named);
  await stream.next();
  for (const broken of [
    'type Query {',
    tickers.supergraphOf({}).replaceAll('enum join__Graph', 'enum other__Graph'),
    '',
  ]) {
    await tickers.replaceFile(broken);
    tickers.tick();
    expect(await stream.next()).toMatchObject({ data: { ticked: { metal: { name: 'name of GOLD' } } } });
    expect(await aClient().request('{ latest }')).toMatchObject({ status: 200, data: { latest: tickers.latest() } });
  }
  await reload({ nameIn: 'labels' });
  tickers.tick();
  await eventually(async () => {
    expect((await stream.next()).data).toMatchObject({ ticked: { metal: { name: 'label of GOLD' } } });
  });
});

test('fifty new supergraphs, one after the other, leave the heap as it was', async () => {
  const stream = aClient().subscribe(named);
  await stream.next();
  const reloadOften = async (count: number) => {
    for (let round = 0; round < count; round += 1) {
      await reload({ hasVolume: round % 2 === 0, nameIn: round % 3 === 0 ? 'labels' : 'names' });
      tickers.tick();
      expect(sequencesOf([await stream.next()])).toEqual([tickers.latest()]);
    }
    return collectGarbage();
  };
  const before = await reloadOften(15);
  const after = await reloadOften(50);
  expect((after - before) / 1_048_576).toBeLessThan(8);
});
