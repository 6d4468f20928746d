import { connect, type Socket } from 'node:net';
import { once } from 'node:events';
import { expect, test } from '@jest/globals';
import { createHttpServer } from './http-server.ts';
import { createMetrics } from './metrics.ts';

/** Not `once` of node:events, which rejects when something is written after the other side has gone. */
const closing = (socket: Socket) => new Promise((resolve) => socket.once('close', resolve));

test('a server that closes cuts what is still there when its time is over, WebSockets too', async () => {
  const http = createHttpServer({
    host: '127.0.0.1',
    port: 0,
    metrics: createMetrics('test'),
    checks: {},
    routes: { '/never': () => undefined },
    onError: (error) => {
      throw error;
    },
  });
  http.server.on('upgrade', (_request, socket) => socket.write('HTTP/1.1 101 Switching Protocols\r\n\r\n'));
  const port = await http.listen();
  const [upgraded, waiting] = [connect(port, '127.0.0.1'), connect(port, '127.0.0.1')];
  const gone = Promise.all([closing(upgraded), closing(waiting)]);
  for (const socket of [upgraded, waiting]) socket.on('error', () => undefined);
  waiting.write('GET /never HTTP/1.1\r\nHost: x\r\n\r\n');
  upgraded.write('GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
  await once(upgraded, 'data');
  await http.close(50);
  await gone;
  expect(http.server.listening).toBe(false);
});

test.each([
  ['its headers', 'POST /slow HTTP/1.1\r\nHost: x\r\n', 'X-More: 1\r\n'],
  ['its body', 'POST /slow HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n', 'x'],
])('a client that takes too long to send %s is refused, and others are not kept waiting', async (_what, head, drop) => {
  const http = createHttpServer({
    host: '127.0.0.1',
    port: 0,
    metrics: createMetrics('test'),
    checks: {},
    slowClients: { headersMs: 200, requestMs: 400, checkMs: 50 },
    routes: {
      '/slow': async (request, response) => {
        await request.body(1_000_000);
        response.end('read');
      },
      '/long': (_request, response) => {
        response.write('begun ');
        setTimeout(() => response.end('done'), 1_000);
      },
    },
    onError: () => undefined,
  });
  const port = await http.listen();
  const long = fetch(`http://127.0.0.1:${port}/long`).then((response) => response.text());
  const slow = connect(port, '127.0.0.1')
    .setEncoding('utf8')
    .on('error', () => undefined);
  let answer = '';
  slow.on('data', (text) => (answer += String(text)));
  slow.write(head);
  const dripping = setInterval(() => slow.write(drop), 30);
  const startedAt = performance.now();
  await closing(slow);
  clearInterval(dripping);
  expect(performance.now() - startedAt).toBeLessThan(5_000);
  expect(answer).toMatch(/^HTTP\/1\.1 408 /);
  expect(await long).toBe('begun done');
  await http.close(50);
});
