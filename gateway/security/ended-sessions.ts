import type { Redis } from 'ioredis';
import { decodeEndedSession, endedSessionStreamKey } from '#shared/ended-session-stream.ts';
import type { Logger } from '#shared/logger.ts';
import { gauge, type Registry } from '#shared/metrics.ts';
import { disconnectReader, watchSilence, type SilenceWatch } from '#shared/silence-watch.ts';
import { pause } from '#shared/waiting.ts';

/** Which sessions have ended before their time, while an access token of theirs may still be valid. */
export type EndedSessions = {
  has(sessionId: string): boolean;
  /** Calls the listener once for each session that is heard to have ended; it must not throw. @returns stops calling */
  onEnded(listener: (sessionId: string) => void): () => void;
  start(): void;
  close(): Promise<void>;
};

/** Milliseconds that a read waits for news; after a reconnect so much may pass before everything is read again. */
const blockMs = 1_000;
/** Silence after which the connection is made anew: a read is answered at least every `blockMs`. */
const deadAfterMs = 5_000;
const retryMs = 1_000;
const sweepMs = 60_000;
/** Entries of one read. */
const pageSize = 1_000;

/**
 * Follows the stream in which auth tells of ended sessions, from its beginning at the start and after each reconnect: it
 * holds no more than still matters. What has been heard is known until its last token has expired, whatever becomes of
 * Redis. While Redis is away, and without one, everything else goes on, and sessions that end are not heard of.
 * @param options.redis is duplicated; without it no session is ever heard to have ended
 * @param options.now epoch milliseconds
 */
export function createEndedSessions(options: {
  redis: Redis | undefined;
  prefix: string;
  metrics: Registry;
  logger: Logger;
  now?: () => number;
}): EndedSessions {
  const { metrics, logger, now = Date.now } = options;
  const key = endedSessionStreamKey(options.prefix);
  const blocking = options.redis?.duplicate();
  const known = new Map<string, number>();
  const listeners = new Set<(sessionId: string) => void>();
  const closing = new AbortController();
  let connects = 0;
  let silence: SilenceWatch | undefined;
  let position = '0';
  let sweptAt = now();
  let isFailing = false;
  let heardAt = performance.now();
  let reading: Promise<void> | undefined;
  blocking?.on('error', (err: Error) => logger.debug({ err }, 'following ended sessions lost Redis'));
  blocking?.on('ready', () => (connects += 1));

  if (blocking) {
    gauge(metrics, 'gold_gateway_ended_sessions', 'Ended sessions that are known and may still have a valid token', {
      collect: (count) => count.set(known.size),
    });
    gauge(
      metrics,
      'gold_gateway_ended_sessions_heard_seconds',
      'Seconds since ended sessions were last asked for with success',
      {
        collect: (age) => age.set((performance.now() - heardAt) / 1_000),
      },
    );
  }

  function takeUp(sessionId: string, until: number): void {
    const isNews = !known.has(sessionId);
    if (until <= now()) return;
    known.set(sessionId, until);
    if (isNews) for (const listener of listeners) listener(sessionId);
  }

  async function readOnce(redis: Redis): Promise<void> {
    const connect = connects;
    const replies = await redis
      .xread('COUNT', pageSize, 'BLOCK', blockMs, 'STREAMS', key, position)
      .finally(() => silence?.heard());
    heardAt = performance.now();
    const entries = replies?.[0]?.[1] ?? [];
    for (const entry of entries) {
      const { sessionId, until } = decodeEndedSession(entry);
      takeUp(sessionId, until);
    }
    // Redis may have come back empty, or as it was some time ago: then ids begin anew.
    position = connects === connect ? (entries.at(-1)?.[0] ?? position) : '0';
  }

  function sweep(): void {
    if (now() - sweptAt < sweepMs) return;
    sweptAt = now();
    for (const [sessionId, until] of known) if (until <= sweptAt) known.delete(sessionId);
  }

  async function readOn(redis: Redis): Promise<void> {
    while (!closing.signal.aborted) {
      try {
        await readOnce(redis);
        isFailing = false;
        sweep();
      } catch (err) {
        if (!isFailing && !closing.signal.aborted)
          logger.error({ err }, 'ended sessions cannot be followed; trying again');
        isFailing = true;
        await pause(retryMs, closing.signal);
      }
    }
  }

  return {
    has: (sessionId) => (known.get(sessionId) ?? 0) > now(),
    onEnded(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    start() {
      if (reading) return;
      if (!blocking) return logger.warn('no Redis is named: access tokens of ended sessions work until they expire');
      heardAt = performance.now();
      silence = watchSilence(blocking, deadAfterMs);
      reading = readOn(blocking);
    },
    async close() {
      closing.abort();
      silence?.close();
      if (blocking) await disconnectReader(blocking, reading);
    },
  };
}
