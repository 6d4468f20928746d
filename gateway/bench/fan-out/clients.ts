import type { Received, Subscribing } from './client-group.ts';
import { add } from '../processes/histogram.ts';
import type { BenchProcess, Launcher } from '../processes/launcher.ts';

/** Subscriptions that one client process holds at most: most systems let a process have some thousands of open files. */
const clientsAProcess = 2_500;
/** Milliseconds without any message after which the rest is given up as lost. */
const giveUpMs = 5_000;

export type Clients = ReturnType<typeof createClients>;

/** Clients in processes of their own, in groups by name. */
export function createClients(launcher: Launcher) {
  const processes: BenchProcess[] = [];
  const load = new Map<BenchProcess, number>();
  const onAll = <T>(what: string, argument: object) =>
    Promise.all(processes.map((each) => each.ask<T>(what, argument)));

  async function withRoom(): Promise<BenchProcess> {
    const existing = processes.find((each) => load.get(each)! < clientsAProcess);
    if (existing) return existing;
    const started = await launcher.start('gateway/bench/fan-out/clients-process.ts', 'beside');
    processes.push(started);
    load.set(started, 0);
    return started;
  }

  return {
    /** @returns when every client has received its first message */
    async join(group: string, all: Subscribing[], { isPaused = false } = {}): Promise<void> {
      const joining: Promise<unknown>[] = [];
      for (let position = 0; position < all.length;) {
        const process = await withRoom();
        const part = all.slice(position, position + clientsAProcess - load.get(process)!);
        load.set(process, load.get(process)! + part.length);
        joining.push(process.ask('join', { group, all: part, isPaused }));
        position += part.length;
      }
      await Promise.all(joining);
    },
    async mark(group: string): Promise<void> {
      await onAll('mark', { group });
    },
    /** Waits until the whole group has the tick, or nothing more comes. @returns what it has received since the mark */
    async receivedUpTo(group: string, last: number): Promise<Received> {
      await onAll('haveAll', { group, sequence: last, giveUpMs });
      const [sum, ...others] = await onAll<Received>('received', { group, last });
      for (const other of others) {
        add(sum!.latency, other.latency);
        for (const what of ['messages', 'bytes', 'missing', 'disordered', 'mismatched'] as const)
          sum![what] += other[what];
        for (const [reason, count] of Object.entries(other.ended))
          sum!.ended[reason] = (sum!.ended[reason] ?? 0) + count;
        sum!.lastAt = Math.max(sum!.lastAt, other.lastAt);
      }
      return sum!;
    },
    async leave(group: string): Promise<void> {
      for (const process of processes) {
        const left = await process.ask<number>('leave', { group });
        load.set(process, load.get(process)! - left);
      }
    },
    async stop(): Promise<void> {
      await Promise.all(processes.map((each) => each.stop()));
    },
  };
}
