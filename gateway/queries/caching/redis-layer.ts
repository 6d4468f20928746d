import { hash } from 'node:crypto';
import type { Redis } from 'ioredis';
import type { Logger } from '#shared/logger.ts';
import { inTime } from '#shared/waiting.ts';
import type { WriteBudget } from '../write-budget.ts';
import type { CacheMetrics } from './cache-metrics.ts';
import { packText, unpackText, type PackedText, type SharedText } from './packed-text.ts';

/** The layer of the caches that gateways share. Whatever becomes of Redis, reading finds nothing then, and writing is forgotten. */
export type RedisLayer = {
  /** In the order of the keys. */
  read(keys: readonly string[]): Promise<(SharedText | undefined)[]>;
  write(key: string, text: string, lifetimeMs: number): void;
  close(): void;
};

/** Characters of the longest text that Redis is given. */
const longestText = 1_048_576;
/** Bytes that Redis needs for an entry beside its value. */
const overheadBytes = 150;
/** Characters of texts that wait to be written at most; Redis is slow then, and what comes on top is not written. */
const waitingCharacters = 8 * longestText;
/** So many failures in a row, and Redis is left alone for a while. */
const failuresToPause = 3;
const pauseMs = 1_000;

/**
 * Reads and writes over a connection of its own, on which nothing else waits. No clocks are compared: how old a text is
 * follows from the time that Redis will still keep it.
 * @param options.redis is duplicated
 * @param options.mayWrite bounds what is written: clients choose the variables by which answers are kept
 * @param options.timeoutMs milliseconds that Redis has to answer; later is as if it had nothing
 */
export function createRedisLayer(options: {
  redis: Redis;
  prefix: string;
  timeoutMs: number;
  mayWrite: WriteBudget;
  metrics: CacheMetrics;
  logger: Logger;
}): RedisLayer {
  const { prefix, timeoutMs, mayWrite, logger } = options;
  const { redis: state } = options.metrics;
  const redis = options.redis.duplicate({
    enableOfflineQueue: false,
    // It would need the right to ask for more than keys; Redis that is not ready yet refuses, which is as if it were away.
    enableReadyCheck: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
  });
  redis.on('error', (err: Error) => logger.debug({ err }, 'the caches lost Redis'));
  let failuresInARow = 0;
  let pausedUntil = 0;
  let waiting = 0;

  function isAsked(): boolean {
    if (redis.status !== 'ready' || performance.now() < pausedUntil) return false;
    // After a pause one tries, and the others wait for what comes of it.
    if (state.isPaused) pausedUntil = performance.now() + pauseMs;
    return true;
  }

  function succeeded(): void {
    if (state.isPaused) logger.info('the caches ask Redis again');
    failuresInARow = 0;
    pausedUntil = 0;
    state.isPaused = false;
  }

  function failed(err: unknown): void {
    state.failures += 1;
    failuresInARow += 1;
    if (failuresInARow < failuresToPause) return;
    if (!state.isPaused) logger.warn({ err }, 'Redis does not answer: the caches go on without it for the time being');
    state.isPaused = true;
    pausedUntil = performance.now() + pauseMs;
    // What was asked and not answered would come before every later answer, if the connection works at all.
    if (redis.status === 'ready') redis.disconnect(true);
  }

  /** The full name of a key, of a length of its own: variables of clients are part of it. */
  const nameOf = (key: string) => `${prefix}:cache:${hash('sha256', key, 'base64url')}`;

  async function ask(keys: readonly string[]): Promise<(PackedText | undefined)[]> {
    const pipeline = redis.pipeline();
    for (const key of keys) {
      const name = nameOf(key);
      pipeline.getBuffer(name).pttl(name);
    }
    const replies = (await pipeline.exec()) ?? [];
    for (const [error] of replies) if (error) throw error;
    return keys.map((_key, index) => {
      const packed = replies[2 * index]?.[1];
      const leftMs = Number(replies[2 * index + 1]?.[1]);
      return packed instanceof Buffer && leftMs > 0 ? { packed, leftMs } : undefined;
    });
  }

  async function send(key: string, text: string, lifetimeMs: number): Promise<void> {
    const value = await packText(text, lifetimeMs);
    if (mayWrite(value.length + overheadBytes)) await redis.set(nameOf(key), value, 'PX', lifetimeMs);
    else state.dropped += 1;
  }

  return {
    async read(keys) {
      if (!isAsked()) return [];
      try {
        const asked = ask(keys);
        // What comes too late, and be it an error, is nobody's any more.
        asked.catch(() => undefined);
        const found = await inTime(asked, timeoutMs);
        if (!found) throw new Error(`Redis has not answered within ${timeoutMs} ms`);
        succeeded();
        return await Promise.all(found.map((each) => each && unpackText(each)));
      } catch (err) {
        failed(err);
        return [];
      }
    },
    write(key, text, lifetimeMs) {
      if (text.length > longestText || lifetimeMs < 1 || !isAsked()) return;
      if (waiting + text.length > waitingCharacters) return void (state.dropped += 1);
      waiting += text.length;
      send(key, text, Math.floor(lifetimeMs))
        .then(succeeded, failed)
        .finally(() => (waiting -= text.length));
    },
    close: () => redis.disconnect(),
  };
}
