import { setTimeout as wait } from 'node:timers/promises';
import type { Subscribing } from './client-group.ts';
import { createClients, type Clients } from './clients.ts';
import type { Pace } from './feed.ts';
import type { Launcher } from '../processes/launcher.ts';
import type { ClientOperation } from './operations.ts';
import type { Memory } from '../processes/report-usage.ts';
import type { ServerUnderTest, StartServer } from './servers.ts';

/** A server, and the clients that it has. */
export type Trial = { server: ServerUnderTest; clients: Clients; stop(): Promise<void> };

export type Subscription = Omit<Subscribing, 'port'>;

/** KiB that a client adds to the server by being there: of the process, and of what JavaScript holds in it. */
export type MemoryAdded = { residentKiB: number; heapKiB: number };

/** Some clients, and ticks for them, that nobody counts. */
export type Rehearsal = { clients: number; ticks: Pace };

/**
 * Enough to load what a client needs. More would make the process take memory from the system that clients are given
 * later: what they seem to add would be nothing.
 */
const few: Rehearsal = { clients: 20, ticks: { perSecond: 50, count: 50 } };
/** Enough to compile what runs once a tick, as in a server that has run for a while. */
export const many: Rehearsal = { clients: 20, ticks: { perSecond: 250, count: 1_000 } };

/** Waits until what has just happened to a server is over. */
export const settled = () => wait(1_000);

/** Starts a server, warm and without clients. */
export async function startTrial(
  launcher: Launcher,
  startServer: StartServer,
  operation: ClientOperation,
): Promise<Trial> {
  const server = await startServer(launcher, operation);
  const clients = createClients(launcher);
  const trial = {
    server,
    clients,
    async stop() {
      await clients.stop();
      await server.stop();
    },
  };
  await rehearse(trial, operation, few);
  return trial;
}

/** Lets clients come, be sent ticks, and go. */
export async function rehearse(trial: Trial, operation: ClientOperation, { clients, ticks }: Rehearsal): Promise<void> {
  await join(trial, 'rehearsal', Array(clients).fill({ transport: 'websocket', operation }));
  await trial.clients.receivedUpTo('rehearsal', await trial.server.tick(ticks));
  await trial.clients.leave('rehearsal');
  await settled();
}

/** Lets a group of clients join, and waits until all is calm. */
export async function join(
  { server, clients }: Trial,
  group: string,
  subscriptions: Subscription[],
  options: { isPaused?: boolean } = {},
): Promise<void> {
  const all: Subscribing[] = subscriptions.map((subscription) => ({ ...subscription, port: server.port }));
  await clients.join(group, all, options);
  await settled();
}

/** What each of so many clients has added to a process since it held `before`. */
export async function memoryAddedBy(count: number, before: Memory, { server }: Trial): Promise<MemoryAdded> {
  const after = await server.memory();
  return {
    residentKiB: (after.residentBytes - before.residentBytes) / 1_024 / count,
    heapKiB: (after.heapBytes - before.heapBytes) / 1_024 / count,
  };
}
