import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { WebSocket } from 'ws';
import { eventually } from '#shared/testing/eventually.ts';
import { startKeyServer, type KeyServer } from '#shared/testing/key-server.ts';
import { inTime } from '#shared/waiting.ts';
import { acceptMultipart, acceptSse, post } from './raw-stream.ts';
import { collectGarbage } from './collected-heap.ts';
import { metricOf, startTickers, type Tickers } from './ticker-graph.ts';

let keys: KeyServer;
let tickers: Tickers;
let ticking: NodeJS.Timeout;
/** How often the connections to the subgraph were cut. */
let losses = 0;
beforeAll(async () => {
  // graphql-ws, which the subgraphs are served with, reports each connection that is cut while it writes.
  jest.spyOn(console, 'error').mockImplementation(() => undefined);
  keys = await startKeyServer();
  tickers = await startTickers({ AUTH_JWKS_URL: keys.jwksUrl, AUTH_ISSUER: keys.issuer });
  ticking = setInterval(() => tickers.tick(), 20);
});
afterAll(async () => {
  jest.restoreAllMocks();
  clearInterval(ticking);
  await tickers.close();
  await keys.close();
});

/** A sequence of numbers from 0 to 1 that is the same in every run: mulberry32. */
function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** What clients send: of every kind of stream, and what is refused at the gateway and at the subgraph. */
const operations = [
  'subscription ($after: String) { ticked(after: $after) { sequence } }',
  'subscription ($after: String) { ticked(after: $after) { price metal { name } } }',
  'subscription ($after: String) { ticked(symbol: "SILVER", after: $after) { sequence metal { label } } }',
  'subscription ($after: String) { traded(after: $after) { sequence } }',
  'subscription ($after: String) { traded(after: $after) { sequence metal { label } } }',
  'subscription ($after: String) { myFill(after: $after) { sequence owner } }',
  'subscription { ticked(symbol: "UNKNOWN") { sequence } }',
  'subscription { ticked(after: "999999999") { sequence } }',
  'subscription { nothing }',
  'subscription {',
  'query { latest }',
];

/** Half of them begin with the current state, half resume behind what was a moment ago. */
function anOperation(random: () => number) {
  const query = operations[Math.floor(random() * operations.length)]!;
  const after = String(Math.max(0, tickers.latest() - Math.floor(random() * 5)));
  return { query, variables: query.includes('$after') && random() < 0.5 ? { after } : {} };
}

type PoolSocket = { first(id: string): Promise<void>; send(message: object): void; socket: WebSocket };

async function openSocket(token: string | undefined): Promise<PoolSocket> {
  const socket = new WebSocket(tickers.gateway.url.replace(/^http/, 'ws'), 'graphql-transport-ws');
  const awaited = new Map<string, () => void>();
  const wakeAll = () => awaited.forEach((wake) => wake());
  const send = (message: object) => socket.readyState === WebSocket.OPEN && socket.send(JSON.stringify(message));
  socket.on('message', (data) => {
    const { id, type } = JSON.parse(String(data)) as { id?: string; type: string };
    awaited.get(id ?? type)?.();
  });
  socket.on('close', wakeAll);
  socket.on('error', wakeAll);
  const first = async (id: string) => {
    if (socket.readyState > WebSocket.OPEN) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    awaited.set(id, resolve);
    await inTime(promise, 1_000);
    awaited.delete(id);
  };
  await new Promise<void>((resolve) => {
    socket.once('open', resolve);
    socket.once('close', () => resolve());
  });
  send({ type: 'connection_init', payload: token ? { authorization: `Bearer ${token}` } : undefined });
  await first('connection_ack');
  return { first, send, socket };
}

/** A client over HTTP that goes away when it has heard something, or before. */
async function useStream(random: () => number, token: string | undefined): Promise<void> {
  const accept = random() < 0.5 ? acceptSse : acceptMultipart;
  const headers: Record<string, string> = token ? { authorization: `Bearer ${token}` } : {};
  const stream = await post(tickers.gateway.url, accept, anOperation(random), headers);
  if (random() < 0.7)
    await inTime(
      stream.until('{').catch(() => undefined),
      1_000,
    );
  stream.close();
}

/** One client after the other on one place of the pool, each with some operations, and with what can go wrong. */
async function useSocket(cycles: number, random: () => number, token: string | undefined): Promise<void> {
  let pool = await openSocket(token);
  for (let cycle = 0; cycle < cycles; cycle += 1) {
    if (pool.socket.readyState !== WebSocket.OPEN) pool = await openSocket(token);
    if (random() < 0.1) {
      await useStream(random, token);
      continue;
    }
    const id = String(cycle);
    pool.send({ type: 'subscribe', id, payload: anOperation(random) });
    if (random() < 0.7) await pool.first(id);
    else await new Promise(setImmediate);
    if (random() < 0.02) pool.socket.terminate();
    else pool.send({ type: 'complete', id });
  }
  pool.socket.close();
}

async function useGateway(options: { cycles: number; seed: number }): Promise<void> {
  const random = createRandom(options.seed);
  const sockets = 40;
  const users = Array.from({ length: 5 }, (_, user) =>
    keys.sign({ sub: `user-${user}`, sid: `session-${user}` }, { expiresIn: 600 }),
  );
  let isOver = false;
  const trouble = async () => {
    for (let turn = 1; !isOver; turn += 1) {
      await new Promise((resolve) => setTimeout(resolve, 200 + random() * 400));
      losses += 1;
      if (turn % 6 === 0) await tickers.restartFeed();
      else tickers.network.cut();
      tickers.network.restore();
    }
  };
  const troubled = trouble();
  await Promise.all(
    Array.from({ length: sockets }, (_, index) =>
      useSocket(options.cycles / sockets, random, index % 2 ? users[index % users.length] : undefined),
    ),
  );
  isOver = true;
  await troubled;
}

const running = [
  'gold_gateway_upstreams',
  'gold_gateway_shared_streams',
  'gold_gateway_operations',
  'gold_gateway_connections',
  'gold_gateway_backlog_bytes',
];

async function untilNothingRuns(): Promise<void> {
  await eventually(async () => {
    for (const name of running) expect([name, await metricOf(tickers.gateway, name)]).toEqual([name, 0]);
    expect(tickers.listeners()).toBe(0);
    expect(tickers.network.open()).toBe(0);
  }, 5_000);
}

test('10,000 operations that come and go, with failures on the way, leave nothing behind', async () => {
  const mebibyte = 1_048_576;
  await useGateway({ cycles: 4_000, seed: 1 });
  await untilNothingRuns();
  const before = await collectGarbage();
  await useGateway({ cycles: 10_000, seed: 2 });
  await untilNothingRuns();
  expect(losses).toBeGreaterThan(20);
  const started = await metricOf(tickers.gateway, 'gold_gateway_operations_started_total');
  expect(started).toBeGreaterThan(8_000);
  expect(await metricOf(tickers.gateway, 'gold_gateway_operations_ended_total')).toBe(started);
  const after = await collectGarbage();
  expect((after - before) / mebibyte).toBeLessThan(5);
}, 300_000);
