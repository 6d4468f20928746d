import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { eventually } from '#shared/testing/eventually.ts';
import { createGraphqlClient } from '#shared/testing/graphql-client.ts';
import { openRawSocket, type RawSocket } from './raw-websocket.ts';
import { acceptMultipart, acceptSse, post } from './raw-stream.ts';
import { startTickers, type Tickers } from './ticker-graph.ts';

const spreadMs = 800;
const watched = 'subscription { ticked { sequence metal { name } } }';

let tickers: Tickers;
beforeEach(async () => {
  tickers = await startTickers({ SHUTDOWN_SPREAD_MS: String(spreadMs) });
});
afterEach(() => tickers.close());

async function aWatcher(): Promise<RawSocket> {
  const socket = openRawSocket(tickers.gateway.url);
  await socket.init();
  socket.subscribe('1', watched);
  await socket.next();
  return socket;
}

test('a gateway that stops asks its clients to come back, one after the other, and takes no more', async () => {
  const watchers = await Promise.all(Array.from({ length: 12 }, aWatcher));
  const closedAt: number[] = [];
  for (const { closed } of watchers) void closed.then(() => closedAt.push(performance.now()));
  const begun = performance.now();
  const stopped = tickers.gateway.stop();
  await eventually(() => expect(closedAt.length).toBeGreaterThan(0));

  const late = await openRawSocket(tickers.gateway.url).refused;
  expect([late.status, late.headers['retry-after']]).toEqual([503, '1']);
  const lateStream = await post(tickers.gateway.url, acceptSse, { query: watched });
  expect(await lateStream.whole()).toMatch(/shutdown/i);
  const ready = await fetch(`${tickers.gateway.origin}/health/ready`);
  expect([ready.status, await ready.json()]).toMatchObject([503, { ready: false }]);
  expect((await fetch(`${tickers.gateway.origin}/health/live`)).status).toBe(200);
  // Those that have not been asked yet go on.
  expect(closedAt.length).toBeLessThan(watchers.length);
  tickers.tick();
  await watchers.at(-1)!.next();

  await stopped;
  for (const { closed } of watchers) expect(await closed).toEqual({ code: 1001, reason: 'Going away' });
  expect(closedAt.at(-1)! - closedAt[0]!).toBeGreaterThan(spreadMs / 2);
  expect(performance.now() - begun).toBeLessThan(spreadMs + 2_000);
  await eventually(() => expect([tickers.listeners(), tickers.network.open()]).toEqual([0, 0]));
});

test('streams over HTTP end in the words of each, so that their clients come back', async () => {
  const sse = await post(tickers.gateway.url, acceptSse, { query: watched });
  const multipart = await post(tickers.gateway.url, acceptMultipart, { query: watched });
  await Promise.all([sse.until('name of GOLD'), multipart.until('name of GOLD')]);
  await tickers.gateway.stop();
  expect(await sse.whole()).toMatch(/: shutdown\s*$/);
  expect(await multipart.whole()).toMatch(/shutdown[^]*--graphql--\s*$/i);
});

test('a query that is under way is finished and answered, over HTTP and over a socket', async () => {
  const client = createGraphqlClient(tickers.gateway.url);
  const overHttp = client.request('{ held }');
  const socket = openRawSocket(tickers.gateway.url);
  await socket.init();
  socket.subscribe('1', '{ held latest }');
  await eventually(() => expect(tickers.heldRequests()).toBe(2));
  const stopped = tickers.gateway.stop();
  await eventually(async () => expect((await fetch(`${tickers.gateway.origin}/health/ready`)).status).toBe(503));
  tickers.release();
  expect(await overHttp).toMatchObject({ status: 200, data: { held: 1 } });
  expect(await socket.next()).toMatchObject({ id: '1', type: 'next', payload: { data: { held: 1, latest: 1 } } });
  expect(await socket.next()).toEqual({ id: '1', type: 'complete' });
  expect(await socket.closed).toEqual({ code: 1001, reason: 'Going away' });
  await stopped;
  await client.close();
});

test('a gateway without clients stops at once', async () => {
  const begun = performance.now();
  await tickers.gateway.stop();
  expect(performance.now() - begun).toBeLessThan(spreadMs / 2);
});
