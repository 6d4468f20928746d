import { LRUCache } from 'lru-cache';
import type { CacheCounts, CacheMetrics } from './cache-metrics.ts';
import type { RedisLayer } from './redis-layer.ts';

/** A JSON text that is kept. Never changed: who needs an object parses one of its own. Instants as `performance.now()`. */
export type KeptText = {
  text: string;
  /** When it was true; what it is made of may have been older by what its lifetime was shortened by. */
  bornAt: number;
  /** From when on it must not be given to anybody. */
  endsAt: number;
  /** The entity tag of the text, once somebody wanted to know. */
  etag?: string;
};

export type CacheStore = {
  /** What this process holds; `undefined` where that is nothing, or too old. */
  find(key: string, counts: CacheCounts): KeptText | undefined;
  /** What Redis holds, in the order of the keys. It never rejects, and takes only as long as Redis may take. */
  findShared(keys: readonly string[], counts: CacheCounts): Promise<(KeptText | undefined)[]>;
  /** Keeps a text here and in Redis, without waiting for it. @param lifetimeMs for how long, from `bornAt` on, which is now by default */
  keep(key: string, text: string, lifetimeMs: number, counts: CacheCounts, bornAt?: number): KeptText;
  /** The clock by which instants are told. */
  now(): number;
  /** Milliseconds that have passed since it was true. */
  ageMsOf(kept: KeptText): number;
  /** Milliseconds that it may still be kept. */
  leftMsOf(kept: KeptText): number;
  close(): void;
};

/** Bytes of an entry beside its text. */
const overhead = 300;

/**
 * Texts of short life in two layers: in this process, the least recently used given up first, and behind that in Redis,
 * where the other gateways find them. Redis away, slow or emptied makes look-ups miss, nothing else.
 * @param options.localBytes bytes that this process holds at most; an eighth of them for one text
 * @param options.now a clock that only goes forward, milliseconds
 */
export function createCacheStore(options: {
  redis: RedisLayer | undefined;
  localBytes: number;
  metrics: CacheMetrics;
  now?: () => number;
}): CacheStore {
  const { redis, localBytes, metrics, now = () => performance.now() } = options;
  const local = new LRUCache<string, KeptText>({
    maxSize: localBytes,
    maxEntrySize: Math.ceil(localBytes / 8),
    // A text with a letter beyond Latin-1 takes two bytes a character.
    sizeCalculation: ({ text }, key) => 2 * (text.length + key.length) + overhead,
  });
  metrics.localBytes = () => local.calculatedSize;

  return {
    find(key, counts) {
      const kept = local.get(key);
      if (!kept) return undefined;
      if (kept.endsAt > now()) {
        counts.localHits += 1;
        return kept;
      }
      counts.localStale += 1;
      local.delete(key);
      return undefined;
    },
    async findShared(keys, counts) {
      const askedAt = now();
      const texts = redis ? await redis.read(keys) : [];
      return keys.map((key, index) => {
        const shared = texts[index];
        // How long it still lives counts from the question on, so that the way back does not make it live longer.
        const endsAt = askedAt + (shared?.leftMs ?? 0);
        if (!shared || endsAt <= now()) {
          counts.misses += 1;
          return undefined;
        }
        counts.redisHits += 1;
        const kept = { text: shared.text, bornAt: endsAt - shared.lifetimeMs, endsAt };
        local.set(key, kept);
        return kept;
      });
    },
    keep(key, text, lifetimeMs, counts, bornAt = now()) {
      const kept = { text, bornAt, endsAt: bornAt + lifetimeMs };
      local.set(key, kept);
      redis?.write(key, text, kept.endsAt - now());
      counts.kept += 1;
      return kept;
    },
    now,
    ageMsOf: ({ bornAt }) => Math.max(0, now() - bornAt),
    leftMsOf: ({ endsAt }) => Math.max(0, endsAt - now()),
    close: () => redis?.close(),
  };
}
