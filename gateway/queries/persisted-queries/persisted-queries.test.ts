import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { createLogger } from '#shared/logger.ts';
import { createMetrics } from '#shared/metrics.ts';
import { closeRedis, createRedis } from '#shared/redis.ts';
import { eventually } from '#shared/testing/eventually.ts';
import { createTestRedis, type TestRedis } from '#shared/testing/test-redis.ts';
import { hashOf } from '../../security/trusted-documents/manifest.ts';
import { createPersistedQueries } from './persisted-queries.ts';

const query = '{ spot }';
const logger = createLogger({ service: 'test', level: 'silent' });
let redis: TestRedis;
beforeAll(async () => {
  redis = createTestRedis();
  await eventually(() => expect(redis.redis.status).toBe('ready'));
});
afterEach(() => redis.flush());
afterAll(() => redis.close());

/** The persisted queries of one gateway. */
const start = (options: { redis?: TestRedis['redis']; limitBytes?: number } = { redis: redis.redis }) =>
  createPersistedQueries({
    redis: options.redis,
    prefix: redis.prefix,
    limitBytes: options.limitBytes ?? 1_000_000,
    logger,
    metrics: createMetrics('test'),
  });
const keyOf = (text: string) => `${redis.prefix}:persisted-queries:${hashOf(text)}`;

describe('a query that was sent once', () => {
  test('is known by its hash, at every gateway', async () => {
    const [one, other] = [start(), start()];
    expect(await other.find(hashOf(query))).toBeUndefined();
    one.keep(query);
    expect(one.find(hashOf(query))).toBe(query);
    await eventually(async () => expect(await other.find(hashOf(query))).toBe(query));
    // From then on without asking Redis.
    expect(other.find(hashOf(query))).toBe(query);
  });

  test('is forgotten in Redis after a time', async () => {
    start().keep(query);
    await eventually(async () => expect(await redis.redis.pttl(keyOf(query))).toBeGreaterThan(3_500_000));
  });

  test('is known where it was sent while there is no Redis, or Redis is away', async () => {
    const away = createRedis('redis://127.0.0.1:1', logger);
    for (const queries of [start({}), start({ redis: away })]) {
      expect(queries.find(hashOf(query))).toBeUndefined();
      queries.keep(query);
      expect(queries.find(hashOf(query))).toBe(query);
    }
    closeRedis(away);
  });

  test('takes its place from the one that nobody has asked for in the longest time', () => {
    const queries = start({ limitBytes: 1_000 });
    const texts = ['{ a }', '{ b }', '{ c }', '{ d }', '{ e }'];
    texts.forEach(queries.keep);
    expect(texts.map((text) => queries.find(hashOf(text)))).toEqual([undefined, ...texts.slice(1)]);
  });

  test('that is very long is not kept', () => {
    const queries = start({});
    const long = `{ a(text: "${'x'.repeat(70_000)}") }`;
    queries.keep(long);
    expect(queries.find(hashOf(long))).toBeUndefined();
  });
});

describe('Redis', () => {
  test('is given so many bytes at most', async () => {
    const queries = start({ redis: redis.redis, limitBytes: 1_000 });
    for (let number = 0; number < 50; number += 1) queries.keep(`{ a${number} }`);
    queries.keep(query);
    await redis.redis.ping();
    expect(await redis.redis.keys(`${redis.prefix}:*`)).toHaveLength(4);
  });

  test('is not believed when the text is not the one of the hash', async () => {
    await redis.redis.set(keyOf(query), '{ everything }');
    expect(await start().find(hashOf(query))).toBeUndefined();
  });

  test('is asked for hashes only, and not for other keys', async () => {
    await redis.redis.set(`${redis.prefix}:persisted-queries:../secret`, 'secret');
    expect(start().find('../secret')).toBeUndefined();
  });
});
