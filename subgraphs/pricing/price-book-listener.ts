import pg from 'pg';
import type { Logger } from '#shared/logger.ts';
import { pause, settledOrAborted } from '#shared/waiting.ts';

export type PriceBookListener = {
  /** Resolves when changes are heard and `onChange` has run once; waits for PostgreSQL where it must. */
  start(): Promise<void>;
  /** @throws Error while changes are not heard */
  check(): Promise<void>;
  close(): Promise<void>;
};

const channel = 'price_book';

/**
 * Hears on a connection of its own that PostgreSQL notifies `price_book`, and runs `onChange` each time, after each
 * reconnect (a notification is lost on those who are not connected) and once a minute all the same. Where `onChange`
 * fails the connection is made anew, which runs it again: 250 ms to 5 s apart.
 * @param options.safetyMs milliseconds between runs without a notification; each also proves that the connection lives
 */
export function createPriceBookListener(options: {
  url: string;
  logger: Logger;
  onChange: () => Promise<void>;
  safetyMs?: number;
}): PriceBookListener {
  const { logger, onChange, safetyMs = 60_000 } = options;
  const closing = new AbortController();
  const started = Promise.withResolvers<void>();
  let running: Promise<void> | undefined;
  let isHearing = false;
  let failures = 0;

  async function listen(): Promise<void> {
    const client = new pg.Client({
      connectionString: options.url,
      connectionTimeoutMillis: 5_000,
      query_timeout: 10_000,
      keepAlive: true,
    });
    const lost = Promise.withResolvers<void>();
    client.on('error', lost.reject);
    client.on('end', () => lost.reject(new Error('the connection has ended')));
    client.on('notification', () => void onChange().catch(lost.reject));
    const safety = setInterval(() => void client.query('SELECT 1').then(onChange).catch(lost.reject), safetyMs);
    try {
      await client.connect();
      await client.query(`LISTEN ${channel}`);
      // Only now: what changes from here on is heard.
      await onChange();
      isHearing = true;
      failures = 0;
      started.resolve();
      await settledOrAborted(lost.promise, closing.signal);
    } finally {
      isHearing = false;
      clearInterval(safety);
      // It may be lost again while it is being closed; nobody waits for that.
      lost.promise.catch(() => undefined);
      await client.end().catch(() => undefined);
    }
  }

  async function run(): Promise<void> {
    while (!closing.signal.aborted) {
      try {
        await listen();
      } catch (err) {
        logger.warn({ err }, 'changes of the price book are not heard; connecting again');
        await pause(Math.min(250 * 2 ** failures++, 5_000), closing.signal);
      }
    }
  }

  return {
    start() {
      running ??= run();
      return started.promise;
    },
    async check() {
      if (!isHearing) throw new Error('changes of the price book are not heard');
    },
    async close() {
      closing.abort();
      await running;
    },
  };
}
