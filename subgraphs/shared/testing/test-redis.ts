import { randomBytes } from 'node:crypto';
import type { Redis } from 'ioredis';
import { createLogger } from '../logger.ts';
import { closeRedis, createRedis } from '../redis.ts';
import { readTestConfig } from './config.ts';

export type TestRedis = {
  url: string;
  redis: Redis;
  /** Begins every key of this test file; no other file uses it. */
  prefix: string;
  /** Removes every key of this prefix, as if Redis had been flushed. */
  flush(): Promise<void>;
  close(): Promise<void>;
};

/** A Redis prefix of its own for a test file, on the real Redis that `npm test` has started. */
export function createTestRedis(): TestRedis {
  const { TEST_REDIS_URL: url } = readTestConfig();
  const redis = createRedis(url, createLogger({ service: 'test', level: 'silent' }));
  const prefix = `test-${randomBytes(5).toString('hex')}`;
  const flush = async () => {
    let cursor = '0';
    do {
      const [next, keys] = await redis.scan(cursor, 'MATCH', `${prefix}:*`, 'COUNT', 1000);
      if (keys.length > 0) await redis.del(...keys);
      cursor = next;
    } while (cursor !== '0');
  };
  return {
    url,
    redis,
    prefix,
    flush,
    async close() {
      await flush();
      closeRedis(redis);
    },
  };
}
