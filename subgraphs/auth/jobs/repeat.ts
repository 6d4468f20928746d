import type { Logger } from '#shared/logger.ts';
import { pause } from '#shared/waiting.ts';

export type RepeatedJob = { start(): void; close(): Promise<void> };

/**
 * Does a piece of work at once and again every `everyMs` milliseconds; work that fails is logged and done again then.
 * `close` waits for work under way.
 */
export function repeat(options: {
  name: string;
  everyMs: number;
  work: () => Promise<void>;
  logger: Logger;
}): RepeatedJob {
  const { name, everyMs, work, logger } = options;
  const closing = new AbortController();
  let running: Promise<void> | undefined;

  async function run(): Promise<void> {
    while (!closing.signal.aborted) {
      await work().catch((err: unknown) => logger.error({ err, job: name }, 'job failed'));
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
