import { setTimeout as wait } from 'node:timers/promises';
import { cut, hangUp, type WebSocketClient } from './websocket-client.ts';
import { closings } from './websocket-protocol.ts';

/** Milliseconds that clients have to answer a close before their sockets are cut. */
const answerMs = 2_000;
/** Milliseconds between two groups of clients that are told. */
const stepMs = 50;

/**
 * Tells every client to come back (1001), evenly over `spreadMs`, so that other gateways are not asked by all at once. A
 * client whose query or mutation is being executed gets its answer first, if that comes within the time.
 * @param clients those that are connected; whoever is gone is no longer in it
 */
export async function retireClients(clients: ReadonlySet<WebSocketClient>, spreadMs: number): Promise<void> {
  const groups = Math.min(clients.size, Math.floor(spreadMs / stepMs));
  const inGroup = Math.ceil(clients.size / Math.max(1, groups));
  const waiting = [...clients];
  for (let told = 0; told < waiting.length; told += inGroup) {
    if (told > 0) await wait(spreadMs / groups);
    for (const client of waiting.slice(told, told + inGroup)) retire(client);
  }
  if (clients.values().some(isBusy))
    await whenever(() => !clients.values().some(isBusy), spreadMs / Math.max(1, groups));
  for (const client of clients) hangUp(client, closings.shutdown, 'shutdown');
  await whenever(() => clients.size === 0, answerMs);
  for (const client of clients) cut(client, 'shutdown');
}

function retire(client: WebSocketClient): void {
  client.isRetiring = true;
  if (client.runningQueries === 0) hangUp(client, closings.shutdown, 'shutdown');
}

const isBusy = ({ runningQueries, endedBy }: WebSocketClient) => runningQueries > 0 && !endedBy;

/** Waits until it holds, at most so many milliseconds. */
async function whenever(holds: () => boolean, timeoutMs: number): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!holds() && performance.now() < deadline) await wait(10);
}
