import type { Redis } from 'ioredis';
import { LRUCache } from 'lru-cache';
import type { Logger } from '#shared/logger.ts';
import { countedElsewhere, type Registry } from '#shared/metrics.ts';
import { inTime } from '#shared/waiting.ts';
import { hashOf } from '../../security/trusted-documents/manifest.ts';
import { createWriteBudget } from '../write-budget.ts';

export type PersistedQueries = {
  /** The query with this SHA-256; at once where this gateway knows it, else from Redis. It never rejects. */
  find(sha256: string): string | undefined | Promise<string | undefined>;
  /**
   * Keeps a query, to be called once it has been parsed and validated: what nobody can execute would only take the place
   * of others. Returns at once; that it could not be kept costs clients a second request, and nothing else.
   */
  keep(query: string): void;
};

/** Milliseconds for which a query is kept in Redis after somebody has sent its text; its clients send it again then. */
const ttlMs = 3_600_000;
/** Milliseconds that Redis has to answer; asking the client for the text is faster than to wait for longer. */
const redisTimeoutMs = 100;
/** Characters of a query that is kept; longer ones are served, and sent anew each time. */
const longestKept = 65_536;
/** What each entry costs beside its text, in bytes. */
const overheadBytes = 200;

/**
 * Queries that clients have sent once and name by their SHA-256 from then on (automatic persisted queries, Apollo's
 * protocol), known to all gateways by Redis. Without Redis, or while it is away, each gateway knows what was sent to itself.
 *
 * Redis also holds what may not be pushed out by strangers, and evicts nothing: in `ttlMs` a gateway writes at most
 * `limitBytes` there, so that all of them together take at most twice that for each.
 * @param options.limitBytes bytes of queries that this process remembers
 */
export function createPersistedQueries(options: {
  redis: Redis | undefined;
  prefix: string;
  limitBytes: number;
  logger: Logger;
  metrics: Registry;
}): PersistedQueries {
  const { redis, prefix, limitBytes, logger, metrics } = options;
  const counted = { found: 0, unknown: 0, kept: 0 };
  const local = new LRUCache<string, string>({
    maxSize: limitBytes,
    sizeCalculation: (query) => overheadBytes + 2 * query.length,
  });
  // What takes the place of itself takes no room, however often it is sent.
  const written = new LRUCache<string, true>({ max: 10_000, ttl: ttlMs / 2 });
  const mayWrite = createWriteBudget({ limitBytes, windowMs: ttlMs });
  const keyOf = (sha256: string) => `${prefix}:persisted-queries:${sha256}`;

  function fromRedis(sha256: string): Promise<string | undefined> | undefined {
    // A command that is given while Redis is away waits until it is back.
    if (redis?.status !== 'ready') return undefined;
    return inTime(redis.get(keyOf(sha256)), redisTimeoutMs).then(
      (query) => (typeof query === 'string' && hashOf(query) === sha256 ? query : undefined),
      (err: unknown) => void logger.warn({ err }, 'a persisted query could not be read from Redis'),
    );
  }

  function take(sha256: string, query: string): string {
    counted.found += 1;
    local.set(sha256, query);
    return query;
  }

  function find(sha256: string): string | undefined | Promise<string | undefined> {
    if (!/^[0-9a-f]{64}$/.test(sha256)) return undefined;
    const known = local.get(sha256);
    if (known !== undefined) {
      counted.found += 1;
      return known;
    }
    const asked = fromRedis(sha256);
    if (!asked) return void (counted.unknown += 1);
    return asked.then((query) => (query === undefined ? void (counted.unknown += 1) : take(sha256, query)));
  }

  function keep(query: string): void {
    if (query.length > longestKept) return;
    const sha256 = hashOf(query);
    counted.kept += 1;
    local.set(sha256, query);
    if (redis?.status !== 'ready') return;
    if (!written.has(sha256) && !mayWrite(overheadBytes + Buffer.byteLength(query))) return;
    written.set(sha256, true);
    redis
      .set(keyOf(sha256), query, 'PX', ttlMs)
      .catch((err: unknown) => logger.warn({ err }, 'a persisted query could not be written to Redis'));
  }

  const total = (what: keyof typeof counted, help: string) =>
    countedElsewhere(metrics, `gold_gateway_persisted_queries_${what}_total`, help, () => counted[what]);
  total('found', 'Operations that were named by a hash that was known');
  total('unknown', 'Operations that were named by a hash that was not known, and had to be sent again');
  total('kept', 'Queries that were kept to be named by their hash');

  return { find, keep };
}
