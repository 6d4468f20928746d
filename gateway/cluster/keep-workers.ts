import cluster, { type Worker } from 'node:cluster';
import { once } from 'node:events';
import type { Logger } from '#shared/logger.ts';
import { askToStop } from './stop-message.ts';

export type Workers = {
  /** Starts them all. @returns the port, when every one of them serves. @throws Error where they do not come to serve */
  start(): Promise<number>;
  /** Rejects when workers end again and again before they serve; it never resolves. */
  gaveUp: Promise<never>;
  /** Ends them in order; resolves when the last has gone. */
  stop(): Promise<void>;
};

/** A worker that ends this soon is one of those that will not do. */
const stableMs = 5_000;
const mostFailures = 5;
/** Milliseconds before a worker is replaced whose predecessor ended soon; twice as many after each further one. */
const pauseMs = 200;

/** Keeps so many workers of this process's own program running. */
export function keepWorkers(options: { processes: number; logger: Logger }): Workers {
  const { processes, logger } = options;
  const serving = new Map<Worker, number>();
  const allServe = Promise.withResolvers<number>();
  const gaveUp = Promise.withResolvers<never>();
  // It is looked at only once all have served; until then `allServe` tells the same.
  gaveUp.promise.catch(() => undefined);
  let failures = 0;
  let isStopping = false;

  cluster.on('listening', (worker, { port }) => {
    serving.set(worker, performance.now());
    logger.info({ worker: worker.id, pid: worker.process.pid }, 'a worker serves');
    if (serving.size === processes) allServe.resolve(port);
  });

  cluster.on('exit', (worker, exitCode, signal) => {
    const begun = serving.get(worker) ?? Infinity;
    serving.delete(worker);
    if (isStopping) return;
    failures = performance.now() - begun > stableMs ? 0 : failures + 1;
    logger.error({ worker: worker.id, pid: worker.process.pid, exitCode, signal, failures }, 'a worker has ended');
    // One that served and was killed is replaced at once.
    if (failures < mostFailures) return void setTimeout(fork, failures < 2 ? 0 : pauseMs * 2 ** failures);
    const error = new Error(`workers have ended ${failures} times within ${stableMs} ms of their start`);
    allServe.reject(error);
    gaveUp.reject(error);
  });

  function fork(): void {
    if (!isStopping) cluster.fork();
  }

  return {
    start() {
      for (let started = 0; started < processes; started += 1) fork();
      return allServe.promise;
    },
    gaveUp: gaveUp.promise,
    async stop() {
      isStopping = true;
      const left = Object.values(cluster.workers ?? {}).filter((worker) => worker !== undefined);
      const gone = left.map((worker) => once(worker, 'exit'));
      // Who does not serve yet has nothing to bring to an end.
      for (const worker of left) {
        if (serving.has(worker)) askToStop(worker);
        else worker.process.kill('SIGKILL');
      }
      await Promise.all(gone);
    },
  };
}
