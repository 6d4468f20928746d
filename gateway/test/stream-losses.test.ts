import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { createGraphqlClient, type EventReader, type GraphqlClient } from '#shared/testing/graphql-client.ts';
import { eventually } from '#shared/testing/eventually.ts';
import { startKeyServer, type KeyServer } from '#shared/testing/key-server.ts';
import { openRawSocket } from './raw-websocket.ts';
import { metricOf, startTickers, type Tickers } from './ticker-graph.ts';

let keys: KeyServer;
let tickers: Tickers;
let clients: GraphqlClient[];
beforeEach(async () => {
  // graphql-ws, which the subgraphs are served with, reports each connection that is cut while it writes.
  jest.spyOn(console, 'error').mockImplementation(() => undefined);
  keys = await startKeyServer();
  tickers = await startTickers({ AUTH_JWKS_URL: keys.jwksUrl, AUTH_ISSUER: keys.issuer });
  clients = [];
});
afterEach(async () => {
  for (const client of clients) await client.close();
  await tickers.close();
  await keys.close();
  jest.restoreAllMocks();
});

type Event = { data?: unknown; extensions?: unknown };

function subscribe(document: string): EventReader<Event> {
  const client = createGraphqlClient(tickers.gateway.url);
  clients.push(client);
  return client.subscribe(document);
}

const sequenceOf = ({ data }: Event) => Object.values(data as Record<string, { sequence: number }>)[0]!.sequence;
/** One of each kind: executed as it is and joined, conflatable and not. */
const documents = [
  'subscription { ticked { sequence } }',
  'subscription { ticked { sequence metal { name } } }',
  'subscription { traded { sequence metal { label } } }',
];

test('the upstream of a stream is closed when its last client has gone, and not before', async () => {
  const [first, second] = [subscribe(documents[1]!), subscribe(documents[1]!)];
  await Promise.all([first.next(), second.next()]);
  await first.return();
  tickers.tick();
  expect(sequenceOf(await second.next())).toBe(2);
  await second.return();
  await eventually(() => {
    expect(tickers.listeners()).toBe(0);
    expect(tickers.network.open()).toBe(0);
  });
  expect(await metricOf(tickers.gateway, 'gold_gateway_upstreams')).toBe(0);
});

test('who comes while the upstream of those who have gone still stands finds it running', async () => {
  const first = subscribe(documents[0]!);
  await first.next();
  await first.return();
  const second = subscribe(documents[0]!);
  expect(sequenceOf(await second.next())).toBe(1);
  tickers.tick();
  expect(sequenceOf(await second.next())).toBe(2);
  expect(tickers.listeners()).toBe(1);
});

test('every client stays and misses nothing, also after many losses of the connection to the subgraph', async () => {
  const streams = [...documents, ...documents].map(subscribe);
  for (const stream of streams) expect(sequenceOf(await stream.next())).toBe(1);
  let next = 2;
  for (let loss = 0; loss < 10; loss += 1) {
    tickers.network.cut();
    tickers.tick();
    tickers.network.restore();
    tickers.tick();
    for (const stream of streams) expect((await stream.take(2)).map(sequenceOf)).toEqual([next, next + 1]);
    next += 2;
  }
  const ended = await metricOf(tickers.gateway, 'gold_gateway_operations_ended_total');
  expect([ended, tickers.listeners()]).toEqual([0, 2]);
});

test('every client stays when the subgraph is started anew: it misses no event, or has the newest where that is what counts', async () => {
  const [price, joined, trades] = documents.map(subscribe);
  for (const stream of [price!, joined!, trades!]) await stream.next();
  await tickers.restartFeed(undefined, () => tickers.tick(20));
  const expected = Array.from({ length: 20 }, (_, index) => index + 2);
  expect((await trades!.take(20)).map(sequenceOf)).toEqual(expected);
  for (const stream of [price!, joined!]) {
    const seen = [1];
    while (seen.at(-1)! < 21) seen.push(sequenceOf(await stream.next()));
    expect(seen).toEqual([...new Set(seen)].toSorted((one, other) => one - other));
  }
});

test('what the subgraph cannot tell any more is said in the next event, to everybody, and the stream goes on behind it', async () => {
  const streams = documents.map(subscribe);
  for (const stream of streams) expect((await stream.next()).extensions).toBeUndefined();
  await tickers.restartFeed(undefined, () => {
    tickers.tick(10);
    tickers.forget();
  });
  for (const stream of streams) {
    const event = await stream.next();
    expect([sequenceOf(event), event.extensions]).toEqual([11, { gap: { after: '1' } }]);
  }
  tickers.tick();
  for (const stream of streams) {
    const event = await stream.next();
    expect([sequenceOf(event), event.extensions]).toEqual([12, undefined]);
  }
});

test('streams go on when the subgraph has lost everything and numbers its events anew, also for who has just come', async () => {
  tickers.tick(50);
  const early = documents.map(subscribe);
  for (const stream of early) expect(sequenceOf(await stream.next())).toBe(51);
  const late = documents.map(subscribe);
  for (const stream of late) expect(sequenceOf(await stream.next())).toBe(51);
  await tickers.restartFeed(undefined, tickers.beginAnew);
  for (const stream of [...early, ...late]) {
    const event = await stream.next();
    expect([sequenceOf(event), event.extensions]).toEqual([1, { gap: { after: '51' } }]);
  }
  tickers.tick();
  for (const stream of [...early, ...late]) expect(sequenceOf(await stream.next())).toBe(2);
});

test('a client that comes while the subgraph is away gets the stream when it is back', async () => {
  tickers.network.cut();
  const stream = subscribe(documents[1]!);
  const first = stream.next();
  await eventually(async () => expect(await metricOf(tickers.gateway, 'gold_gateway_operations')).toBe(1));
  tickers.network.restore();
  expect(sequenceOf(await first)).toBe(1);
});

test('a personal stream goes on with a renewed token, also when its upstream was begun by one that has gone', async () => {
  const expiresAt = (Math.floor(Date.now() / 1_000) + 2) * 1_000;
  const bearer = (expiresIn: number) => ({ authorization: `Bearer ${keys.sign({}, { expiresIn })}` });
  const socket = openRawSocket(tickers.gateway.url);
  await socket.init(bearer(2));
  socket.subscribe('1', 'subscription { myFill { sequence owner } }');
  expect(await socket.next()).toMatchObject({
    id: '1',
    payload: { data: { myFill: { sequence: 1, owner: 'user-1' } } },
  });
  socket.send({ type: 'complete', id: '1' });
  socket.subscribe('2', 'subscription { myFill { sequence } }');
  expect(await socket.next()).toMatchObject({ id: '2', payload: { data: { myFill: { sequence: 1 } } } });
  expect(await metricOf(tickers.gateway, 'gold_gateway_upstreams')).toBe(1);
  socket.send({ type: 'ping', payload: bearer(60) });
  expect(await socket.next()).toMatchObject({
    type: 'pong',
    payload: { authorization: { expiresAt: expect.any(String) } },
  });
  await eventually(() => expect(Date.now()).toBeGreaterThan(expiresAt + 1_000));
  tickers.network.cut();
  tickers.tick();
  tickers.network.restore();
  expect(await socket.next()).toMatchObject({ id: '2', payload: { data: { myFill: { sequence: 2 } } } });
  socket.close();
});
