import { Redis } from 'ioredis';
import type { ReadinessCheck } from './health.ts';
import type { Logger } from './logger.ts';

/**
 * A Redis connection that reconnects for ever (50 ms to 2 s apart) and waits rather than fails while Redis is away:
 * `maxRetriesPerRequest: null` is what BullMQ and blocking reads need. Connection errors are logged once an outage.
 */
export function createRedis(url: string, logger: Logger): Redis {
  const redis = new Redis(url, {
    maxRetriesPerRequest: null,
    enableReadyCheck: true,
    // Milliseconds that a socket has to close before it is cut; a connection that is not there leaves this timer behind.
    disconnectTimeout: 100,
    retryStrategy: (attempt) => Math.min(50 * 2 ** Math.min(attempt, 6), 2_000),
  });
  let isDown = false;
  redis.on('error', (err: Error) => {
    if (!isDown) logger.warn({ err }, 'Redis is away; reconnecting');
    isDown = true;
  });
  redis.on('ready', () => {
    if (isDown) logger.info('Redis is back');
    isDown = false;
  });
  return redis;
}

/** Closes a connection without waiting for replies that may never come. */
export function closeRedis(redis: Redis): void {
  redis.disconnect();
}

/** The readiness check that Redis answers. */
export function redisCheck(redis: Redis): ReadinessCheck {
  return async () => {
    await redis.ping();
  };
}
