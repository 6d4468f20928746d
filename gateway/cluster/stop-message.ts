import type { Worker } from 'node:cluster';

const stop = 'gold:stop';

/** Asks a worker to end in order. A message rather than a signal: Windows knows no signal that a process could obey. */
export function askToStop(worker: Worker): void {
  // One that is ending by itself has closed its channel.
  if (worker.isConnected()) worker.send({ type: stop });
}

/** Takes the primary's wish for the SIGTERM that it stands for. */
export function obeyPrimary(): void {
  process.on('message', (message: { type?: unknown } | undefined) => {
    if (message?.type === stop) process.emit('SIGTERM', 'SIGTERM');
  });
}
