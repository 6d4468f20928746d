import { connect, type Socket } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createHttpServer, type HttpServer } from './http-server.ts';
import { createMetrics } from './metrics.ts';
import { eventually } from './testing/eventually.ts';
import type { WholeRequest } from './whole-request.ts';

const limit = 1_000_000;
/** What the server does with a request; by default it answers with the length of the body, or says that it is too long. */
let handle: (request: WholeRequest) => Promise<string>;
let failures: unknown[];
let server: HttpServer;
let port: number;
const sockets: Socket[] = [];

const lengthOf = async (request: WholeRequest) => String((await request.body(limit))?.length ?? 'too long');

beforeEach(async () => {
  handle = lengthOf;
  failures = [];
  server = createHttpServer({
    host: '127.0.0.1',
    port: 0,
    metrics: createMetrics('test'),
    checks: {},
    onError: (error) => failures.push(error),
    async fallback(request, response) {
      response.end(await handle(request));
    },
  });
  port = await server.listen();
});
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await server.close(0);
});

/** A connection whose answers are collected, as text. */
async function open() {
  const socket = connect(port, '127.0.0.1');
  sockets.push(socket);
  let answered = '';
  socket.on('data', (part: Buffer) => (answered += part.toString('latin1')));
  socket.on('error', () => undefined);
  await new Promise((resolve) => socket.once('connect', resolve));
  return {
    socket,
    send: (text: string) => socket.write(text),
    /** The bodies of the answers so far. */
    answers: () => [...answered.matchAll(/\r\n\r\n([^\r]*?)(?=HTTP|$)/g)].map(([, body]) => body),
  };
}
const post = (body: string, headers = '') =>
  `POST / HTTP/1.1\r\nhost: x\r\n${headers}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;

describe('a body', () => {
  test('is whole whether it comes at once, in parts, in chunks of unknown length, or not at all', async () => {
    const { send, answers } = await open();
    send(post('12345'));
    await eventually(() => expect(answers()).toEqual(['5']));
    const [head, ...parts] = [post('1234567').slice(0, -7), '123', '4567'];
    for (const part of [head, ...parts]) {
      send(part);
      await turn();
    }
    await eventually(() => expect(answers()).toEqual(['5', '7']));
    send('POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n');
    await turn();
    send('2\r\nde\r\n0\r\n\r\n');
    await eventually(() => expect(answers()).toEqual(['5', '7', '5']));
    send(post(''));
    send('GET / HTTP/1.1\r\nhost: x\r\n\r\n');
    await eventually(() => expect(answers()).toEqual(['5', '7', '5', '0', '0']));
  });

  test('is what was sent, byte by byte', async () => {
    const sent = Buffer.from(Array.from({ length: 300_000 }, (_, index) => index % 251));
    handle = async (request) => String(sent.equals((await request.body(limit))!));
    const { socket, send, answers } = await open();
    send(`POST / HTTP/1.1\r\nhost: x\r\ncontent-length: ${sent.length}\r\n\r\n`);
    socket.write(sent);
    await eventually(() => expect(answers()).toEqual(['true']));
  });

  test('belongs to its request, also where several are sent before the first is answered', async () => {
    const { send, answers } = await open();
    send(post('1') + post('12') + post('123'));
    await eventually(() => expect(answers()).toEqual(['1', '2', '3']));
  });

  test('that nobody has asked for yet is not taken in without end, and goes on when somebody does', async () => {
    const { promise, resolve: ask } = Promise.withResolvers<void>();
    const large = 'x'.repeat(64_000_000);
    handle = async (request) => {
      await promise;
      return String((await request.body(large.length))?.length);
    };
    const { socket, send, answers } = await open();
    send(post(large));
    const held = async () => {
      const before = socket.bytesWritten - socket.writableLength;
      await new Promise((resolve) => setTimeout(resolve, 100));
      return socket.bytesWritten - socket.writableLength === before && socket.writableLength > 0;
    };
    await eventually(async () => expect(await held()).toBe(true));
    ask();
    await eventually(() => expect(answers()).toEqual(['64000000']));
  });

  test('that is too long is said to be at once, and does no harm to what else is answered', async () => {
    const { send, answers } = await open();
    send('POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n');
    const chunk = `${(200_000).toString(16)}\r\n${'x'.repeat(200_000)}\r\n`;
    for (let count = 0; count < 6; count += 1) send(chunk);
    await eventually(() => expect(answers()).toEqual(['too long']));
    const other = await open();
    other.send(post('12'));
    await eventually(() => expect(other.answers()).toEqual(['2']));
  });

  test('that nobody asks for keeps no connection from being used again', async () => {
    handle = async () => 'not read';
    const { send, answers } = await open();
    send(post('x'.repeat(500_000)));
    await eventually(() => expect(answers()).toEqual(['not read']));
    handle = lengthOf;
    send(post('123'));
    await eventually(() => expect(answers()).toEqual(['not read', '3']));
  });

  test.each(['before it was asked for', 'while it is waited for'])(
    'of a client that goes %s is an error',
    async (when) => {
      const { promise: gone, resolve: go } = Promise.withResolvers<void>();
      let state = 'not begun';
      handle = async (request) => {
        state = 'begun';
        if (when.startsWith('before')) await gone;
        return lengthOf(request);
      };
      const { socket, send } = await open();
      send(post('12345').slice(0, -2));
      await eventually(() => expect(state).toBe('begun'));
      socket.destroy();
      await turn();
      setTimeout(go, 20);
      await eventually(() =>
        expect(failures).toEqual([new Error('the client has gone before the end of its request')]),
      );
    },
  );
});
