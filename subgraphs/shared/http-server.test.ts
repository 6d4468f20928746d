import { connect } from 'node:net';
import { once } from 'node:events';
import { expect, test } from '@jest/globals';
import { createHttpServer } from './http-server.ts';
import { createMetrics } from './metrics.ts';

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
  const gone = Promise.all([once(upgraded, 'close'), once(waiting, 'close')]);
  for (const socket of [upgraded, waiting]) socket.on('error', () => undefined);
  waiting.write('GET /never HTTP/1.1\r\nHost: x\r\n\r\n');
  upgraded.write('GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
  await once(upgraded, 'data');
  await http.close(50);
  await gone;
  expect(http.server.listening).toBe(false);
});
