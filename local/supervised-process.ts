import { setTimeout as wait } from 'node:timers/promises';
import { describeEnding, ending, hasEnded, startCommand, stopCommand } from './command.ts';
import { onOutputLine } from './output-lines.ts';
import { becomesReady } from './readiness.ts';
import type { ChildProcess } from 'node:child_process';
import type { Command, Ending } from './command.ts';
import type { Readiness } from './readiness.ts';

/** A process to keep running, and whom to tell about it. */
export type ProcessPlan = {
  name: string;
  /** Called before every start, as what it needs may have been lost with the last one. */
  prepare: () => Promise<Command> | Command;
  readiness: Readiness;
  onLine: (line: string, stream: 'stdout' | 'stderr') => void;
  onStarted: (pid: number, command: Command) => void;
  /** Ready after `tookMs`, at the first start and after every restart. */
  onReady: (tookMs: number) => void;
  /** It ended without being asked to, and is started again after `delayMs`. */
  onDied: (how: string, delayMs: number) => void;
  /** Ends before its first readiness after which `whenReady` gives up waiting (it is still started again). */
  attempts?: number;
  /** How long it has to stop when asked to, before it is killed: 10 s unless given. */
  graceMs?: number;
  backoff?: { firstMs: number; maxMs: number; resetAfterMs: number };
};

/** A process that is started again whenever it dies, until stopped. */
export type SupervisedProcess = {
  /** Resolves at the first readiness; rejects with a sentence when it ended too often before. */
  whenReady: Promise<void>;
  /** Stops it on purpose and starts it anew, at once. */
  restart(): Promise<void>;
  stop(): Promise<void>;
};

/**
 * Starts a process and keeps it running: when it dies it is started again at once, then after 0.5 s, 1 s and so on up
 * to 5 s, and at once again after it has been up for 10 s.
 */
export function superviseProcess(plan: ProcessPlan): SupervisedProcess {
  const { firstMs, maxMs, resetAfterMs } = plan.backoff ?? { firstMs: 500, maxMs: 5000, resetAfterMs: 10_000 };
  const stopping = new AbortController();
  let pause = new AbortController();
  let current: { child: ChildProcess; command: Command } | undefined;
  let isRestarting = false;
  let wasReady = false;
  const first = Promise.withResolvers<void>();
  // Whoever waits gets it; when nobody does it is no error.
  first.promise.catch(() => undefined);

  const runOnce = async (): Promise<Ending> => {
    const command = await plan.prepare();
    if (stopping.signal.aborted) return { code: 0, signal: null };
    const startedAt = Date.now();
    const child = startCommand(command);
    const ended = ending(child);
    current = { child, command };
    if (child.pid !== undefined) plan.onStarted(child.pid, command);
    onOutputLine(child, plan.onLine);
    void becomesReady(plan.readiness, child).then((isReady) => {
      if (!isReady) return;
      plan.onReady(Date.now() - startedAt);
      wasReady = true;
      first.resolve();
    });
    return await ended;
  };

  const keepRunning = async () => {
    for (let deaths = 0, total = 1; !stopping.signal.aborted; total++) {
      const startedAt = Date.now();
      const how = await runOnce().catch((error: Error): Ending => ({ code: null, signal: null, error }));
      if (stopping.signal.aborted) return;
      if (isRestarting) {
        isRestarting = false;
        continue;
      }
      if (Date.now() - startedAt >= resetAfterMs) deaths = 0;
      // What could not even be prepared or run is a fault of the machine: trying again says the same.
      if (how.error && plan.attempts !== undefined && !wasReady) return first.reject(how.error);
      if (total === plan.attempts) first.reject(new Error(`${plan.name} does not start (${describeEnding(how)}).`));
      const delayMs = deaths === 0 ? 0 : Math.min(maxMs, firstMs * 2 ** (deaths - 1));
      deaths++;
      plan.onDied(describeEnding(how), delayMs);
      pause = new AbortController();
      const signal = AbortSignal.any([stopping.signal, pause.signal]);
      await wait(delayMs, undefined, { signal }).catch(() => undefined);
    }
  };
  const running = keepRunning();

  return {
    whenReady: first.promise,
    async restart() {
      pause.abort();
      if (!current || hasEnded(current.child)) return;
      isRestarting = true;
      await stopCommand(current.child, current.command, plan.graceMs);
    },
    async stop() {
      stopping.abort();
      if (current) await stopCommand(current.child, current.command, plan.graceMs);
      await running;
    },
  };
}
