import { quantile } from '../processes/histogram.ts';
import type { Launcher } from '../processes/launcher.ts';
import type { Counters, StartServer } from './servers.ts';
import {
  join,
  many,
  memoryAddedBy,
  rehearse,
  startTrial,
  type MemoryAdded,
  type Subscription,
  type Trial,
} from './trial.ts';
import { wallClock } from './wall-clock.ts';

export type Load = { clients: Subscription[]; perSecond: number; seconds: number };

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

export type Measured = Window & MemoryAdded;

/** Seconds of ticks that are not counted. */
const warmUpSeconds = 2;

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
  const { operation } = load.clients[0]!;
  const trial = await startTrial(launcher, startServer, operation);
  const before = await trial.server.memory();
  await join(trial, 'all', load.clients);
  const added = await memoryAddedBy(load.clients.length, before, trial);
  await trial.clients.leave('all');
  await rehearse(trial, operation, many);
  await join(trial, 'all', load.clients);
  const window = await measureWindow(trial, 'all', load);
  await trial.stop();
  return { ...window, ...added };
}
