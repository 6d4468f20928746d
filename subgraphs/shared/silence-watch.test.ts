import { createServer, type Socket } from 'node:net';
import { expect, test } from '@jest/globals';
import { Redis } from 'ioredis';
import { eventually } from './testing/eventually.ts';
import { watchSilence } from './silence-watch.ts';

/** A server that takes what it is sent and says nothing, like one behind a connection that is dead. */
async function aSilentServer() {
  const sockets: Socket[] = [];
  const server = createServer((socket) => void sockets.push(socket.resume()));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { sockets, server, port: (server.address() as { port: number }).port };
}

test('a connection that is not answered is made anew, one that is answered stays', async () => {
  const { sockets, server, port } = await aSilentServer();
  const redis = new Redis({ port, enableReadyCheck: false, disableClientInfo: true, retryStrategy: () => 10 });
  const silence = watchSilence(redis, 1_500);
  await eventually(() => expect(sockets).toHaveLength(1));
  const answering = setInterval(silence.heard, 100);
  const begun = Date.now();
  await eventually(() => expect(Date.now() - begun).toBeGreaterThan(2_600));
  expect(sockets).toHaveLength(1);
  clearInterval(answering);
  await eventually(() => expect(sockets.length).toBeGreaterThan(1));
  silence.close();
  redis.disconnect();
  for (const socket of sockets) socket.destroy();
  server.close();
});
