import { countedByLabels, gauge, type Registry } from '#shared/metrics.ts';

/** What has become of look-ups in one cache: plain numbers, since each request counts. */
export type CacheCounts = {
  /** Found in this process. */
  localHits: number;
  /** Found in this process, but too old; it is looked for in Redis then. */
  localStale: number;
  /** Found in Redis. */
  redisHits: number;
  /** Found nowhere. */
  misses: number;
  /** Not looked for, because what came the last time could not be kept. */
  passed: number;
  /** Given what another request had just asked for. */
  joined: number;
  /** Put into the cache. */
  kept: number;
};

export type CacheMetrics = {
  response: CacheCounts;
  entity: CacheCounts;
  redis: {
    /** Commands that failed, or were not answered in time. */
    failures: number;
    /** Texts that were not written because too many others waited. */
    dropped: number;
    isPaused: boolean;
  };
  /** Bytes that this process holds. */
  localBytes: () => number;
};

const outcomes: [of: keyof CacheCounts, layer: string, outcome: string][] = [
  ['localHits', 'local', 'hit'],
  ['localStale', 'local', 'stale'],
  ['redisHits', 'redis', 'hit'],
  ['misses', 'redis', 'miss'],
  ['passed', 'none', 'passed'],
  ['joined', 'none', 'joined'],
];

/** What the gateway's metrics tell of its caches. */
export function createCacheMetrics(registry: Registry): CacheMetrics {
  const counts: CacheMetrics = {
    response: noCounts(),
    entity: noCounts(),
    redis: { failures: 0, dropped: 0, isPaused: false },
    localBytes: () => 0,
  };
  const caches = ['response', 'entity'] as const;
  countedByLabels(
    registry,
    'gold_gateway_cache_lookups_total',
    'Look-ups of answers and entities, by cache, the layer that was looked into last, and outcome',
    ['cache', 'layer', 'outcome'],
    () =>
      caches.flatMap((cache) =>
        outcomes.map(([of, layer, outcome]) => [{ cache, layer, outcome }, counts[cache][of]] as const),
      ),
  );
  countedByLabels(
    registry,
    'gold_gateway_cache_kept_total',
    'Answers and entities that were put into a cache',
    ['cache'],
    () => caches.map((cache) => [{ cache }, counts[cache].kept] as const),
  );
  countedByLabels(
    registry,
    'gold_gateway_cache_redis_failures_total',
    'Commands of the caches that Redis failed, left unanswered for too long (failed), or was not sent (dropped)',
    ['outcome'],
    () => [
      [{ outcome: 'failed' }, counts.redis.failures],
      [{ outcome: 'dropped' }, counts.redis.dropped],
    ],
  );
  gauge(registry, 'gold_gateway_cache_redis_paused', '1 while Redis is not asked because it did not answer', {
    collect: (paused) => paused.set(counts.redis.isPaused ? 1 : 0),
  });
  gauge(registry, 'gold_gateway_cache_local_bytes', 'Bytes of answers and entities that this process holds', {
    collect: (bytes) => bytes.set(counts.localBytes()),
  });
  return counts;
}

function noCounts(): CacheCounts {
  return { localHits: 0, localStale: 0, redisHits: 0, misses: 0, passed: 0, joined: 0, kept: 0 };
}
