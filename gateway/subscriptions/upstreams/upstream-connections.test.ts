import { createServer, type AddressInfo } from 'node:net';
import { afterEach, expect, test } from '@jest/globals';
import { WebSocketServer } from 'ws';
import { createUpstreamConnections } from './upstream-connections.ts';

type Message = { type: string; id?: string };

/** A subgraph that acknowledges connections, tells one event of each subscription, and answers pings while it is well. */
async function aSubgraph() {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  const state = { isWell: true, pings: 0, connections: 0, refuses: false };
  server.on('connection', (socket) => {
    state.connections += 1;
    const send = (message: object) => socket.send(JSON.stringify(message));
    socket.on('message', (data) => {
      const { type, id } = JSON.parse(String(data)) as Message;
      if (type === 'connection_init' && state.refuses) return socket.close(4403, 'UNAUTHENTICATED');
      if (type === 'connection_init') send({ type: 'connection_ack' });
      if (type === 'subscribe') send({ type: 'next', id, payload: { data: { tick: 1 } } });
      if (type !== 'ping') return;
      state.pings += 1;
      if (state.isWell) send({ type: 'pong' });
    });
  });
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as { port: number };
  return { server, state, url: `http://127.0.0.1:${port}/graphql` };
}

const ended: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ended.splice(0).toReversed()) await end();
});

async function setUp(keepAlive: { keepAliveMs: number; answerMs: number }) {
  const subgraph = await aSubgraph();
  const connections = createUpstreamConnections({ gatewaySecret: undefined, connections: 2, ...keepAlive });
  ended.push(() => {
    for (const socket of subgraph.server.clients) socket.terminate();
    subgraph.server.close();
  });
  ended.push(connections.close);
  return { ...subgraph, connections };
}

test('a subgraph that no longer answers pings is taken for lost, one that does is not', async () => {
  const { url, state, connections } = await setUp({ keepAliveMs: 20, answerMs: 60 });
  const events = connections.clientFor({ url, authorization: undefined }).iterate({ query: 'subscription { tick }' });
  expect((await events.next()).value).toEqual({ data: { tick: 1 } });
  const next = events.next();
  while (state.pings < 5) await new Promise((resolve) => setTimeout(resolve, 5));
  state.isWell = false;
  await expect(next).rejects.toMatchObject({ code: 4499 });
});

test('public subscriptions spread over a few connections, and each caller’s have one of their own', async () => {
  const { url, connections } = await setUp({ keepAliveMs: 10_000, answerMs: 1_000 });
  const clientOf = (authorization?: string) => connections.clientFor({ url, authorization });
  expect(new Set([clientOf(), clientOf(), clientOf(), clientOf()]).size).toBe(2);
  expect(clientOf('Bearer ada')).toBe(clientOf('Bearer ada'));
  expect(clientOf('Bearer ada')).not.toBe(clientOf('Bearer bob'));
});

test('closing goes well, also while a subgraph refuses a connection', async () => {
  const { url, state, connections } = await setUp({ keepAliveMs: 10_000, answerMs: 1_000 });
  state.refuses = true;
  const events = connections
    .clientFor({ url, authorization: 'Bearer expired' })
    .iterate({ query: 'subscription { tick }' });
  const ended = events.next();
  await connections.close();
  expect((await ended).done).toBe(true);
});

test('a subgraph that takes connections and says nothing is given up, and keeps nobody from closing', async () => {
  // Reads, so that it hears of who goes.
  const silent = createServer((socket) => void socket.resume());
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  ended.push(() => new Promise((resolve) => silent.close(resolve)));
  const url = `http://127.0.0.1:${(silent.address() as AddressInfo).port}/graphql`;
  const connections = createUpstreamConnections({ gatewaySecret: undefined, connections: 1, answerMs: 100 });
  ended.push(connections.close);
  const begin = () =>
    connections.clientFor({ url, authorization: undefined }).iterate({ query: 'subscription { tick }' });
  await expect(begin().next()).rejects.toMatchObject({ message: 'Opening handshake has timed out' });
  const other = begin().next();
  await connections.close();
  expect((await other).done).toBe(true);
});
