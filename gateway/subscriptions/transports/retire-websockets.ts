import { setTimeout as wait } from 'node:timers/promises';
import { cut, hangUp, leaveStreams, letGoOfHeld, readOn, type WebSocketClient } from './websocket-client.ts';
import type { ClosingReason } from './client-metrics.ts';
import { spreadOut } from './spread-out.ts';
import { closings, type Closing } from './websocket-protocol.ts';

/** Milliseconds that a query or mutation may still take on a connection that is to be closed; subgraphs have as long. */
const runningMs = 5_000;
/** The least of them when the gateway closes, which has no more than SHUTDOWN_TIMEOUT_MS for everything. */
const shortestRunningMs = 2_000;
/** Milliseconds that clients have to answer a close before their sockets are cut. */
const answerMs = 2_000;

/**
 * Tells a client to come back, on which it sends again whatever has not been answered: its streams end at once, but a
 * mutation that is being executed is answered first, or it would be executed twice.
 */
export function retire(client: WebSocketClient, closing: Closing, because: ClosingReason): void {
  if (client.endedBy || client.retiringAs) return;
  if (client.runningQueries === 0) return hangUp(client, closing, because);
  const timer = setTimeout(() => hangUp(client, closing, because), runningMs);
  client.retiringAs = { closing, because, timer };
  leaveStreams(client, because);
  letGoOfHeld(client);
  readOn(client);
}

/**
 * Tells every client to come back (1001), evenly over `spreadMs`, so that other gateways are not asked by all at once. A
 * client whose query or mutation is being executed gets its answer first, if that comes in time.
 * @param clients those that are connected; whoever is gone is no longer in it
 */
export async function retireClients(clients: ReadonlySet<WebSocketClient>, spreadMs: number): Promise<void> {
  const runningUntil = performance.now() + runningMs;
  await spreadOut([...clients], spreadMs, (client) => retire(client, closings.shutdown, 'shutdown'));
  const leftMs = Math.max(runningUntil - performance.now(), shortestRunningMs);
  await whenever(() => clients.values().every(({ endedBy }) => endedBy), leftMs);
  for (const client of clients) hangUp(client, closings.shutdown, 'shutdown');
  await whenever(() => clients.size === 0, answerMs);
  for (const client of clients) cut(client, 'shutdown');
}

/** Waits until it holds, at most so many milliseconds. */
async function whenever(holds: () => boolean, timeoutMs: number): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!holds() && performance.now() < deadline) await wait(10);
}
