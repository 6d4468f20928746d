import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { Kind, parse, type OperationDefinitionNode } from 'graphql';
import { createLogger } from '#shared/logger.ts';
import { createMetrics } from '#shared/metrics.ts';
import { eventually } from '#shared/testing/eventually.ts';
import { createTestRedis, type TestRedis } from '#shared/testing/test-redis.ts';
import { createCacheMetrics, type CacheMetrics } from './cache-metrics.ts';
import { createCacheRules } from './cache-rules.ts';
import { createCacheStore, type CacheStore } from './cache-store.ts';
import { createFreshness } from './freshness.ts';
import { createRedisLayer, type RedisLayer } from './redis-layer.ts';
import { cachableOperation, createResponseCache, type ExecutedAnswer, type ResponseCache } from './response-cache.ts';

const logger = createLogger({ service: 'test', level: 'silent' });
const rules = createCacheRules(
  `directive @cacheControl(maxAge: Int) on FIELD_DEFINITION
   type Query { a(x: Int, where: Where): Int @cacheControl(maxAge: 60) live: Int }
   input Where { p: Int q: [Int] }`,
  () => false,
);
let redis: TestRedis;
let layer: RedisLayer;
beforeAll(() => {
  redis = createTestRedis();
  const metricsOfLayer = createCacheMetrics(createMetrics('test'));
  layer = createRedisLayer({ ...redis, timeoutMs: 1_000, mayWrite: () => true, metrics: metricsOfLayer, logger });
});
afterAll(async () => {
  layer.close();
  await redis.close();
});

let now: number;
let metrics: CacheMetrics;
let store: CacheStore;
let cache: ResponseCache;
let executions: number;
beforeEach(() => {
  now = 0;
  executions = 0;
  metrics = createCacheMetrics(createMetrics('test'));
  store = createCacheStore({ redis: undefined, localBytes: 100_000, metrics, now: () => now });
  cache = createResponseCache({ store, counts: metrics.response });
});

function operationOf(text: string, operationName?: string, generationId = 'g') {
  const document = parse(text);
  const operation = document.definitions.find(
    (each): each is OperationDefinitionNode =>
      each.kind === Kind.OPERATION_DEFINITION && (!operationName || each.name?.value === operationName),
  )!;
  return cachableOperation({ generationId, rules, text, document, operation });
}
const text = 'query Q($x: Int, $where: Where) { a(x: $x, where: $where) }';
const operation = operationOf(text)!;

/** An execution that the subgraphs let be kept for so many seconds. */
function executing(seconds: number, more: Partial<ExecutedAnswer> & { isPrivate?: boolean } = {}) {
  return async (): Promise<ExecutedAnswer> => {
    executions += 1;
    const freshness = createFreshness();
    freshness.restrict({ maxAge: seconds, isPrivate: more.isPrivate ?? false });
    await Promise.resolve();
    return { data: `{"a":${executions}}`, hasErrors: false, freshness, ...more };
  };
}

async function ask(execute: () => Promise<ExecutedAnswer>, variables: Record<string, unknown> = {}): Promise<string> {
  const { kept, executed } = await cache.answer(operation, cache.keyOf(operation, variables)!, execute);
  return kept?.text ?? executed!.data!;
}

describe('an answer', () => {
  test('is executed once, and given to all until its time is over', async () => {
    expect(await ask(executing(10))).toBe('{"a":1}');
    now = 9_999;
    expect(await ask(executing(10))).toBe('{"a":1}');
    now = 10_000;
    expect(await ask(executing(10))).toBe('{"a":2}');
  });

  test('is kept no longer than the schema says, whatever subgraphs say', async () => {
    await ask(executing(3_600));
    now = 60_000;
    expect(await ask(executing(3_600))).toBe('{"a":2}');
  });

  test.each([
    ['with errors', executing(60, { hasErrors: true })],
    ['without data', executing(60, { data: undefined })],
    ['that a subgraph says nothing of', executing(0)],
    ['that is only for who has asked', executing(60, { isPrivate: true })],
    ['that lives less than a second', executing(0.9)],
  ])('%s is not kept', async (_what, execute) => {
    for (let time = 0; time < 3; time += 1) await cache.answer(operation, cache.keyOf(operation, {})!, execute);
    expect(executions).toBe(3);
    expect(metrics.response.kept).toBe(0);
  });

  test('of an operation that the schema does not let be kept has no key', () => {
    expect(operationOf('{ live }')).toBeUndefined();
    expect(operationOf('mutation { a }')).toBeUndefined();
  });
});

describe('the key of an answer', () => {
  const key = (variables: Record<string, unknown> | null | undefined) => cache.keyOf(operation, variables);

  test('is the same whatever the order of variables, and whatever is given that is not used', () => {
    const expected = key({ x: 1, where: { p: 1, q: [1, 2] } });
    expect(key({ where: { q: [1, 2], p: 1 }, x: 1 })).toBe(expected);
    expect(key({ where: { q: [1, 2], p: 1 }, unused: 'x', x: 1 })).toBe(expected);
    expect(key(undefined)).toBe(key({}));
    expect(key(null)).toBe(key({ unused: 1 }));
  });

  test('differs by whatever the answer may depend on', () => {
    const two = 'query A { a } query B { a }';
    const keys = [
      ...[
        {},
        { x: 1 },
        { x: '1' },
        { x: null },
        { where: { p: 1 } },
        { where: { q: [1, 2] } },
        { where: { q: [2, 1] } },
      ].map(key),
      cache.keyOf(operationOf(`${text} `)!, {}),
      cache.keyOf(operationOf(text, undefined, 'another')!, {}),
      cache.keyOf(operationOf(two, 'A')!, {}),
      cache.keyOf(operationOf(two, 'B')!, {}),
    ];
    expect(new Set(keys).size).toBe(keys.length);
  });

  test('is not made of variables that are too large', () => {
    expect(key({ x: 'x'.repeat(10_000) })).toBeUndefined();
  });

  test('is not led astray by a variable that is called like what every object has', () => {
    expect(key({ where: JSON.parse('{"__proto__": 1}') })).not.toBe(key({ where: {} }));
    expect(cache.keyOf({ ...operation, variables: ['constructor'] }, {})).toBe(`${operation.keyHead}{}`);
  });
});

describe('requests for the same answer at the same time', () => {
  test('execute it once', async () => {
    const answers = await Promise.all(Array.from({ length: 50 }, () => ask(executing(10))));
    expect(new Set(answers)).toEqual(new Set(['{"a":1}']));
    expect(executions).toBe(1);
    expect(metrics.response).toMatchObject({ joined: 49, misses: 1, kept: 1 });
  });

  test('execute it each where it turns out not to be kept, and the next do not wait for one another', async () => {
    await Promise.all(Array.from({ length: 5 }, () => ask(executing(0))));
    expect(executions).toBe(5);
    await Promise.all(Array.from({ length: 5 }, () => ask(executing(0))));
    expect(metrics.response.passed).toBe(5);
  });

  test('execute it each where the first one fails', async () => {
    const failing = () => Promise.reject(new Error('gone'));
    const results = await Promise.allSettled([ask(failing), ask(executing(10)), ask(executing(10))]);
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'fulfilled']);
    expect(executions).toBeGreaterThan(0);
  });
});

describe('over Redis', () => {
  const openGateway = () => {
    const own = createCacheMetrics(createMetrics('test'));
    const shared = createCacheStore({ redis: layer, localBytes: 100_000, metrics: own });
    return { shared, cache: createResponseCache({ store: shared, counts: own.response }), counts: own.response };
  };

  test('another gateway has the answer, as old as it is', async () => {
    const [first, second] = [openGateway(), openGateway()];
    const key = first.cache.keyOf(operation, { x: 7 })!;
    await eventually(async () => {
      await first.cache.answer(operation, key, executing(10));
      // Redis holds it by now, or the next look is too early.
      first.shared.keep(key, '{"a":"shared"}', 10_000, first.counts);
      const { kept } = await second.cache.answer(operation, key, executing(10, { hasErrors: true }));
      expect(kept?.text).toBe('{"a":"shared"}');
    });
    const kept = second.shared.find(key, second.counts)!;
    expect(Math.round((kept.endsAt - kept.bornAt) / 1_000)).toBe(10);
    expect(second.shared.ageMsOf(kept) + second.shared.leftMsOf(kept)).toBeCloseTo(10_000, -1);
    expect(second.counts.redisHits).toBeGreaterThan(0);
  });
});

test('this process holds no more bytes than it may, and nothing that is too large', async () => {
  const keepOf = (index: number) => store.keep(`key ${index}`, 'x'.repeat(1_000), 60_000, metrics.response);
  for (let index = 0; index < 500; index += 1) keepOf(index);
  expect(metrics.localBytes()).toBeLessThanOrEqual(100_000);
  expect(metrics.localBytes()).toBeGreaterThan(50_000);
  expect(store.find('key 499', metrics.response)).toBeDefined();
  expect(store.find('key 0', metrics.response)).toBeUndefined();
  store.keep('large', 'x'.repeat(50_000), 60_000, metrics.response);
  expect(store.find('large', metrics.response)).toBeUndefined();
});
