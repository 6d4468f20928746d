import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';

/** Whether nothing listens on that port of the loopback interface. */
export async function isFree(port: number): Promise<boolean> {
  const listening = await listen(port);
  await listening?.close();
  return listening !== undefined;
}

/** A port that is free at this moment. */
export async function findFreePort(): Promise<number> {
  const listening = await listen(0);
  if (!listening) throw new Error('This machine has no free port left.');
  await listening.close();
  return listening.port;
}

/**
 * Checks that every port is free.
 *
 * @throws Error in a sentence that names the first taken port, what wanted it, and what moves them all
 */
export async function assertFree(wanted: readonly { name: string; port: number }[]): Promise<void> {
  const taken = await Promise.all(wanted.map(async (one) => ((await isFree(one.port)) ? [] : [one])));
  const first = taken.flat()[0];
  if (!first) return;
  throw new Error(
    `Port ${first.port}, where ${first.name} would listen, is taken by another program: ` +
      `stop that one, or set PORT_BASE to move all ports (PORT_BASE=5000 npm start).`,
  );
}

function listen(port: number): Promise<{ port: number; close(): Promise<void> } | undefined> {
  const server = createServer();
  return new Promise((settle) => {
    server.once('error', () => settle(undefined));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => {
      const close = () => new Promise<void>((done) => server.close(() => done()));
      settle({ port: (server.address() as AddressInfo).port, close });
    });
  });
}
