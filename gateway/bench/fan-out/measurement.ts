import { setTimeout as wait } from 'node:timers/promises';
import type { Subscribing } from './client-group.ts';
import { createClients, type Clients } from './clients.ts';
import type { Pace } from './feed.ts';
import { quantile } from './histogram.ts';
import type { Launcher } from './launcher.ts';
import type { ClientTransport } from './open-subscription.ts';
import type { ClientOperation } from './operations.ts';
import type { Memory } from './report-usage.ts';
import type { Counters, ServerUnderTest, StartServer } from './servers.ts';
import { wallClock } from './wall-clock.ts';

export type Load = { clients: Subscription[]; perSecond: number; seconds: number };
export type Subscription = { transport: ClientTransport; operation: ClientOperation };

/** What was seen of one server while it served some clients. */
export type Window = {
  name: string;
  clients: number;
  perSecond: number;
  /** Messages that clients have received in a second. */
  messagesPerSecond: number;
  bytesAMessage: number;
  expected: number;
  missing: number;
  disordered: number;
  mismatched: number;
  ended: Record<string, number>;
  cpuMicrosAMessage: number;
  shareOfCore: number;
  p50: number;
  p99: number;
  /** Of the window: differences of what counts up, and the upstreams as they are. */
  counters: Counters;
  ticks: number;
};

/** KiB that a client adds to the server by being there: of the process, and of what JavaScript holds in it. */
export type MemoryAdded = { residentKiB: number; heapKiB: number };
export type Measured = Window & MemoryAdded;

/** A server, and the clients that it has. */
export type Trial = { server: ServerUnderTest; clients: Clients; stop(): Promise<void> };

/** Seconds of ticks that are not counted: the code is compiled in them. */
const warmUpSeconds = 2;
/** Clients that a server has had before anything is measured, and the ticks that they were sent. */
export type First = { clients: number; ticks: Pace };

/**
 * Enough to load and compile what a client needs. More would make the process take memory from the system that clients
 * are given later: what they seem to add would be nothing.
 */
const fewFirst: First = { clients: 20, ticks: { perSecond: 50, count: 50 } };

/** Waits until what has just happened to a server is over. */
export const settled = () => wait(1_000);

/** Starts a server, warm and without clients. */
export async function startTrial(
  launcher: Launcher,
  startServer: StartServer,
  operation: ClientOperation,
  first = fewFirst,
): Promise<Trial> {
  const server = await startServer(launcher, operation);
  const clients = createClients(launcher);
  await join({ server, clients }, 'first', Array(first.clients).fill({ transport: 'websocket', operation }));
  await clients.receivedUpTo('first', await server.tick(first.ticks));
  await clients.leave('first');
  await settled();
  return {
    server,
    clients,
    async stop() {
      await clients.stop();
      await server.stop();
    },
  };
}

/** Lets a group of clients join, and waits until all is calm. */
export async function join(
  { server, clients }: Omit<Trial, 'stop'>,
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

/** Makes ticks for so many seconds, and waits until the group has them all, or nothing more comes. */
export async function measureWindow(
  { server, clients }: Trial,
  group: string,
  { clients: { length }, perSecond, seconds }: Load,
): Promise<Window> {
  await clients.receivedUpTo(group, await server.tick({ perSecond, count: perSecond * warmUpSeconds }));
  const ticks = perSecond * seconds;
  const [usedBefore, countersBefore] = [await server.usage(), await server.counters()];
  await clients.mark(group);
  const begun = wallClock();
  const last = await server.tick({ perSecond, count: ticks });
  const received = await clients.receivedUpTo(group, last);
  const cpuMicros = (await server.usage()).cpuMicros - usedBefore.cpuMicros;
  const counters = await server.counters();
  for (const name of Object.keys(counters) as (keyof Counters)[])
    if (name !== 'upstreams') counters[name]! -= countersBefore[name] ?? 0;
  const lasted = Math.max(1, received.lastAt - begun);
  return {
    name: server.name,
    clients: length,
    perSecond,
    messagesPerSecond: (received.messages * 1_000) / lasted,
    bytesAMessage: received.bytes / received.messages,
    expected: ticks * length,
    missing: received.missing,
    disordered: received.disordered,
    mismatched: received.mismatched,
    ended: received.ended,
    cpuMicrosAMessage: cpuMicros / received.messages,
    shareOfCore: cpuMicros / 1_000 / lasted,
    p50: quantile(received.latency, 0.5),
    p99: quantile(received.latency, 0.99),
    counters,
    ticks,
  };
}

/** One server, one group of clients, from start to end. */
export async function measure(launcher: Launcher, startServer: StartServer, load: Load): Promise<Measured> {
  const trial = await startTrial(launcher, startServer, load.clients[0]!.operation);
  const before = await trial.server.memory();
  await join(trial, 'all', load.clients);
  const added = await memoryAddedBy(load.clients.length, before, trial);
  const window = await measureWindow(trial, 'all', load);
  await trial.stop();
  return { ...window, ...added };
}
