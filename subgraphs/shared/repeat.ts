import type { Logger } from './logger.ts';
import { pause } from './waiting.ts';

export type RepeatedJob = { start(): void; close(): Promise<void> };

/**
 * Does a piece of work at once and again every `everyMs` milliseconds; work that fails is logged and done again then.
 * `close` waits for work under way.
 * @param options.work is given a signal that aborts on `close`, for work that can end early
 */
export function repeat(options: {
  name: string;
  everyMs: number;
  work: (closing: AbortSignal) => Promise<void>;
  logger: Logger;
}): RepeatedJob {
  const { name, everyMs, work, logger } = options;
  const closing = new AbortController();
  let running: Promise<void> | undefined;

  async function run(): Promise<void> {
    while (!closing.signal.aborted) {
      await work(closing.signal).catch((err: unknown) => logger.error({ err, job: name }, 'job failed'));
      await pause(everyMs, closing.signal);
    }
  }

  return {
    start() {
      running ??= run();
    },
    async close() {
      closing.abort();
      await running;
    },
  };
}
