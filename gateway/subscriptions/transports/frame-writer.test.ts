import type { Socket } from 'node:net';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { WebSocket, WebSocketServer } from 'ws';
import { eventually } from '#shared/testing/eventually.ts';
import { createFrameWriter } from './frame-writer.ts';

let server: WebSocketServer;
const connections: Socket[] = [];
const clients: { socket: WebSocket; received: string[] }[] = [];

async function aClient() {
  const { port } = server.address() as { port: number };
  const client = { socket: new WebSocket(`ws://127.0.0.1:${port}`), received: [] as string[] };
  client.socket.on('message', (data) => client.received.push(String(data)));
  clients.push(client);
  await new Promise((resolve) => client.socket.once('open', resolve));
  await eventually(() => expect(connections).toHaveLength(clients.length));
  return { ...client, connection: connections.at(-1)! };
}

beforeAll(async () => {
  server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  server.on('connection', (_socket, request) => connections.push(request.socket));
  await new Promise((resolve) => server.once('listening', resolve));
});
afterAll(async () => {
  for (const { socket } of clients) socket.terminate();
  await new Promise((resolve) => server.close(resolve));
});

const headOf = (id: string) => {
  const text = `{"id":"${id}","payload":`;
  return { text, bytes: Buffer.byteLength(text) };
};
const messageOf = (id: string, body: Buffer) => `${headOf(id).text}${body.toString()}}`;

test('clients get the same body behind their own heads, whatever the length', async () => {
  const frames = createFrameWriter();
  const [one, two, three] = [await aClient(), await aClient(), await aClient()];
  const bodies = [2, 100, 1_000, 65_400, 65_530, 70_000, 300].map((size) => Buffer.from(`"${'x'.repeat(size)}"`));
  for (const body of bodies) {
    frames.write(one.connection, headOf('1'), body);
    frames.write(two.connection, headOf('2'), body);
    frames.write(three.connection, headOf('dreißig'), body);
  }
  for (const [client, id] of [
    [one, '1'],
    [two, '2'],
    [three, 'dreißig'],
  ] as const)
    await eventually(() => expect(client.received).toEqual(bodies.map((body) => messageOf(id, body))));
});

test('what a client does not take in at once stays as it was, whatever is written to others meanwhile', async () => {
  const frames = createFrameWriter();
  const [slow, quick] = [await aClient(), await aClient()];
  slow.socket.pause();
  const bodies = Array.from({ length: 400 }, (_, index) => Buffer.from(JSON.stringify(`${index} `.repeat(6_000))));
  for (const body of bodies) {
    frames.write(slow.connection, headOf('slow'), body);
    frames.write(quick.connection, headOf('fast'), body);
  }
  expect(slow.connection.writableLength).toBeGreaterThan(0);
  await eventually(() => expect(quick.received).toHaveLength(bodies.length));
  slow.socket.resume();
  await eventually(() => expect(slow.received).toHaveLength(bodies.length));
  expect(quick.received).toEqual(bodies.map((body) => messageOf('fast', body)));
  expect(slow.received).toEqual(bodies.map((body) => messageOf('slow', body)));
});
