import pg from 'pg';
import type { Logger } from './logger.ts';
import { pause, settledOrAborted } from './waiting.ts';

export type DatabaseListener = {
  /** Resolves when notifications are heard and `onConnected` has run once; waits for PostgreSQL where it must. */
  start(): Promise<void>;
  /** @throws Error while notifications are not heard */
  check(): Promise<void>;
  close(): Promise<void>;
};

/**
 * Hears on a connection of its own what PostgreSQL notifies on a channel (LISTEN). Notifications are lost on those who are
 * not connected: `onConnected` runs after each connect and is where a state is read as a whole, and once in `safetyMs`
 * all the same. Where a callback fails the connection is made anew, which runs `onConnected` again: 250 ms to 5 s apart.
 * @param options.onNotification is given the payload, an empty text where there is none
 * @param options.safetyMs milliseconds between runs without a notification; each also proves that the connection lives
 */
export function createDatabaseListener(options: {
  url: string;
  channel: string;
  logger: Logger;
  onNotification: (payload: string) => Promise<void>;
  onConnected: () => Promise<void>;
  safetyMs?: number;
}): DatabaseListener {
  const { channel, logger, onConnected, onNotification, safetyMs = 60_000 } = options;
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
    client.on('notification', ({ payload }) => void onNotification(payload ?? '').catch(lost.reject));
    const safety = setInterval(() => void client.query('SELECT 1').then(onConnected).catch(lost.reject), safetyMs);
    try {
      await client.connect();
      await client.query(`LISTEN ${channel}`);
      // Only now: what changes from here on is heard.
      await onConnected();
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
        logger.warn({ err, channel }, 'notifications of PostgreSQL are not heard; connecting again');
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
      if (!isHearing) throw new Error(`notifications of ${channel} are not heard`);
    },
    async close() {
      closing.abort();
      await running;
    },
  };
}
