import type { Redis } from 'ioredis';
import type { Logger } from '#shared/logger.ts';
import { countedElsewhere, gauge, type Registry } from '#shared/metrics.ts';
import { watchSilence, type SilenceWatch } from '#shared/silence-watch.ts';
import { inTime } from '#shared/waiting.ts';
import { takeUntold, told, type RateBucket } from './rate-bucket.ts';

/** What the budgets of gateways have in common. */
export type SharedRates = {
  /** Something was asked for: soon the others are told, and they tell. Costs nothing to speak of. */
  tell(bucket: RateBucket): void;
  start(): void;
  /** Tells what is left to tell, if Redis is there to hear it. */
  close(): Promise<void>;
};

/** Milliseconds between two reports. */
const reportMs = 100;
/** Clients of one script: Redis does nothing else meanwhile, some 200 µs. */
const clientsAtOnce = 100;
/** Milliseconds for the last one, when the process stops. */
const lastReportMs = 500;
/** Milliseconds without an answer after which a connection is made anew. */
const deadAfterMs = 5_000;

/**
 * Adds what was used to what is used already, less what has come back since then by the clock of Redis, and forgets who has
 * everything back. KEYS: clients. ARGV: for each of them, what was used and what comes back in a millisecond. Answers with
 * what each has used, as text.
 */
const script = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local answer = {}
for i, key in ipairs(KEYS) do
  local amount, rate = tonumber(ARGV[2 * i - 1]), tonumber(ARGV[2 * i])
  local used, at = 0, now
  local known = redis.call('GET', key)
  if known then
    local u, a = string.match(known, '^(%S+) (%S+)$')
    used, at = tonumber(u) or 0, tonumber(a) or now
  end
  used = math.max(0, used - math.max(0, now - at) * rate) + amount
  if used > 0 then
    redis.call('SET', key, string.format('%.3f %.0f', used, now), 'PX', math.ceil(used / rate) + 1000)
  end
  answer[i] = string.format('%.3f', used)
end
return answer`;

type Reporting = Redis & { addUsed(keys: number, ...keysAndValues: (string | number)[]): Promise<string[]> };

/**
 * Shares budgets through Redis: ten times a second one round trip with all clients that have asked for something meanwhile. No
 * request waits for it. While Redis is away, or has forgotten everything, every gateway holds clients to what it has given out
 * itself. Keys: `<prefix>:rates:<client>`, which expire with the last of what was used.
 * @param options.redis is duplicated
 */
export function createSharedRates(options: {
  redis: Redis;
  prefix: string;
  metrics: Registry;
  logger: Logger;
}): SharedRates {
  const { prefix, metrics, logger } = options;
  // What cannot be told at once is not told later, when it would not be true any more.
  const redis = options.redis.duplicate({
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
  }) as Reporting;
  redis.on('error', (err: Error) => logger.debug({ err }, 'sharing rates lost Redis'));
  redis.defineCommand('addUsed', { lua: script });
  let waiting = new Set<RateBucket>();
  let timer: NodeJS.Timeout | undefined;
  let silence: SilenceWatch | undefined;
  let reporting: Promise<void> | undefined;
  let failed = 0;
  let isFailing = false;

  gauge(metrics, 'gold_gateway_rates_shared', 'Whether rates are counted together with other gateways (1) or not (0)', {
    collect: (shared) => shared.set(isFailing ? 0 : 1),
  });
  countedElsewhere(
    metrics,
    'gold_gateway_rate_reports_failed_total',
    'Reports of used rates that Redis has not taken',
    () => failed,
  );

  async function reportSome(buckets: readonly RateBucket[]): Promise<void> {
    const values = buckets.flatMap((bucket) => [takeUntold(bucket), bucket.policy.perSecond / 1_000]);
    const keys = buckets.map(({ client }) => `${prefix}:rates:${client}`);
    const used = await redis.addUsed(keys.length, ...keys, ...values);
    const now = performance.now();
    for (const [index, bucket] of buckets.entries()) told(bucket, Number(used[index]), now);
  }

  async function report(): Promise<void> {
    const buckets = [...waiting];
    waiting = new Set();
    const parts = Array.from({ length: Math.ceil(buckets.length / clientsAtOnce) }, (_, index) =>
      reportSome(buckets.slice(index * clientsAtOnce, (index + 1) * clientsAtOnce)),
    );
    const results = await Promise.allSettled(parts).finally(() => silence?.heard());
    const problem = results.find((result) => result.status === 'rejected');
    if (problem) {
      failed += 1;
      if (!isFailing) logger.error({ err: problem.reason }, 'rates are not shared; each gateway counts for itself');
    } else if (isFailing) logger.info('rates are shared again');
    isFailing = problem !== undefined;
  }

  function reportIfIdle(): void {
    // A connection that is being made is waited for, unless that fails.
    if (reporting || redis.status === 'connecting' || redis.status === 'connect') return;
    if (waiting.size === 0) return silence?.heard();
    reporting = report().finally(() => (reporting = undefined));
  }

  async function reportLast(): Promise<void> {
    await reporting;
    if (waiting.size > 0) await report();
  }

  return {
    tell: (bucket) => void waiting.add(bucket),
    start() {
      silence = watchSilence(redis, deadAfterMs);
      timer = setInterval(reportIfIdle, reportMs).unref();
    },
    async close() {
      clearInterval(timer);
      silence?.close();
      if (redis.status === 'ready') await inTime(reportLast(), lastReportMs);
      redis.disconnect();
    },
  };
}
