import type { Redis } from 'ioredis';

/** Watches over a connection to Redis that is answered again and again, such as one of blocking reads. */
export type SilenceWatch = {
  /** It was answered, be it with an error: that of a Redis which refuses is no silence. */
  heard(): void;
  close(): void;
};

const checkMs = 1_000;

/**
 * Makes a connection anew that is ready and has not been answered for too long: one that is dead does not say so, not until
 * packets have been sent in vain for a quarter of an hour. (ioredis has `socketTimeout`, whose timer outlives the connection
 * that it was meant for.)
 * @param deadAfterMs milliseconds of silence
 */
export function watchSilence(redis: Redis, deadAfterMs: number): SilenceWatch {
  let heardAt = performance.now();
  const heard = () => void (heardAt = performance.now());
  const timer = setInterval(() => {
    if (redis.status === 'ready' && performance.now() - heardAt > deadAfterMs) redis.disconnect(true);
  }, checkMs).unref();
  redis.on('ready', heard);
  return {
    heard,
    close() {
      clearInterval(timer);
      redis.off('ready', heard);
    },
  };
}

/**
 * Disconnects one that reads on and on, and waits for its last read, unless Redis is away: a read that waits for it does
 * not end by disconnecting.
 */
export async function disconnectReader(redis: Redis, reading: Promise<void> | undefined): Promise<void> {
  const willEnd = redis.status === 'ready';
  redis.disconnect();
  if (willEnd) await reading;
}
