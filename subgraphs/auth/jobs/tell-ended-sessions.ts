import type { Redis } from 'ioredis';
import { createDatabaseListener } from '#shared/database-listener.ts';
import type { SqlClient } from '#shared/database.ts';
import {
  decodeEndedSession,
  encodeEndedSession,
  endedSessionStreamKey,
  type EndedSession,
} from '#shared/ended-session-stream.ts';
import type { Logger } from '#shared/logger.ts';
import type { RepeatedJob } from '#shared/repeat.ts';
import { createBell } from '#shared/waiting.ts';
import { createSessionRepository } from '../session-repository.ts';

/** Milliseconds between two comparisons of the stream with the database. */
const compareMs = 2_000;
/** Milliseconds that Redis has to answer a command; then the connection is made anew, for it may be dead. */
const deadAfterMs = 5_000;
/** Transactions that commit late, and clocks that differ: a token may live so much longer than its session's end suggests. */
const marginMs = 60_000;
/** Entries that one command appends at most, so that none of them holds Redis up. */
const batchSize = 1_000;

/**
 * Tells the gateways which sessions have ended while an access token of theirs may still be valid. PostgreSQL is the truth:
 * it notifies of each end at once, and every two seconds what is missing in the Redis Stream is appended: what ended
 * while nobody listened, or everything after Redis was flushed or started empty. Any number may run; then a session may
 * be told of twice. The stream holds nothing that is older than a token gets, and is gone when nothing is left of it.
 * @param options.lifetimeMs how long an access token is valid
 */
export function createTellEndedSessions(options: {
  database: SqlClient;
  databaseUrl: string;
  redis: Redis;
  prefix: string;
  lifetimeMs: number;
  logger: Logger;
  now: () => Date;
}): RepeatedJob {
  const { database, redis, logger, now } = options;
  const key = endedSessionStreamKey(options.prefix);
  const keptMs = options.lifetimeMs + marginMs;
  const sessions = createSessionRepository(database);
  const closing = new AbortController();
  const wake = createBell();
  let running: Promise<void> | undefined;
  // While Redis is away telling must fail, not wait: nothing piles up, and the next comparison tells it.
  const connection = redis.duplicate({
    maxRetriesPerRequest: 1,
    enableOfflineQueue: false,
    commandTimeout: deadAfterMs,
  });
  connection.on('error', (err: Error) => logger.debug({ err }, 'telling of ended sessions lost Redis'));
  connection.on('ready', wake.ring);
  const listener = createDatabaseListener({
    url: options.databaseUrl,
    channel: 'session_ended',
    logger,
    onNotification: async (sessionId) => {
      const until = now().getTime() + keptMs;
      await append([{ sessionId, until }]).catch((err: unknown) =>
        logger.debug({ err }, 'the end of a session is told with the next comparison'),
      );
    },
    // What was not heard is found by comparing.
    onConnected: async () => wake.ring(),
  });

  async function append(ended: EndedSession[]): Promise<void> {
    const oldest = now().getTime() - keptMs;
    const commands = connection.multi();
    for (const session of ended) commands.xadd(key, 'MINID', '~', oldest, '*', ...encodeEndedSession(session));
    await commands.pexpire(key, keptMs).exec();
  }

  async function tellMissing(): Promise<void> {
    if (connection.status !== 'ready') return;
    const ended = await sessions.endedSince(new Date(now().getTime() - keptMs));
    if (ended.length === 0) return;
    const told = new Set((await connection.xrange(key, '-', '+')).map((entry) => decodeEndedSession(entry).sessionId));
    const missing = ended.filter(({ id }) => !told.has(id));
    for (let start = 0; start < missing.length && !closing.signal.aborted; start += batchSize) {
      const batch = missing.slice(start, start + batchSize);
      await append(batch.map(({ id, endedAt }) => ({ sessionId: id, until: endedAt.getTime() + keptMs })));
    }
  }

  function failed(err: Error): void {
    if (closing.signal.aborted) return;
    logger.error({ err }, 'ended sessions could not be told; trying again');
    if (err.message === 'Command timed out') connection.disconnect(true);
  }

  async function run(): Promise<void> {
    while (!closing.signal.aborted) {
      await tellMissing().catch(failed);
      await wake.heard(closing.signal, compareMs);
    }
  }

  return {
    start() {
      void listener.start();
      running ??= run();
    },
    async close() {
      closing.abort();
      await listener.close();
      if (connection.status !== 'ready') connection.disconnect();
      await running;
      connection.disconnect();
    },
  };
}
