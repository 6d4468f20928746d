import { createDatabaseListener } from '#shared/database-listener.ts';
import type { Logger } from '#shared/logger.ts';
import type { TickFollower } from '#shared/ticks/tick-follower.ts';
import { inTime, pause } from '#shared/waiting.ts';
import type { AlertMetrics } from './price-alert-metrics.ts';
import { priceAlertChannel } from './price-alert-repository.ts';
import type { PriceAlertWatchRepository } from './price-alert-watch-repository.ts';
import { createPriceAlertWatch, type PriceAlertWatch, type WriteChanges } from './price-alert-watch.ts';

/** Judges the ticks of every symbol that there are alerts on. Any number may run: see `createPriceAlertWatch`. */
export type PriceAlertEvaluator = {
  start(): Promise<void>;
  /** @throws Error while new alerts are not heard of at once; they are still taken up within a second */
  check(): Promise<void>;
  /** By symbol, how many alerts are watched, and the last tick that was judged for all of them. */
  watched(): { symbol: string; size: number; position: number }[];
  close(): Promise<void>;
};

/** How often positions are written, alerts expire, and alerts are taken up that nobody told of. */
const roundMs = 1_000;
/** The last positions are a convenience: the next process would judge a second's ticks again. */
const closeMs = 2_000;

/** @param options.now epoch milliseconds */
export function createPriceAlertEvaluator(options: {
  databaseUrl: string;
  follower: TickFollower;
  repository: PriceAlertWatchRepository;
  write: WriteChanges;
  metrics: AlertMetrics;
  logger: Logger;
  now: () => number;
}): PriceAlertEvaluator {
  const { follower, repository, write, metrics, logger, now } = options;
  const closing = new AbortController();
  const watches = new Map<string, PriceAlertWatch>();
  let running: Promise<void> | undefined;

  function watchOf(symbol: string): PriceAlertWatch {
    const existing = watches.get(symbol);
    if (existing) return existing;
    const onJudged = (tookMs: number) => metrics.judged.observe(tookMs / 1_000);
    const watch = createPriceAlertWatch({ symbol, follower, repository, write, onJudged, logger });
    watches.set(symbol, watch);
    watch.start();
    return watch;
  }

  async function takeUpAll(): Promise<void> {
    for (const symbol of await repository.symbols()) watchOf(symbol).takeUp();
  }

  async function round(): Promise<void> {
    for (const { id, symbol } of await repository.expire(new Date(now()))) watches.get(symbol)?.forget(id);
    await takeUpAll();
    // One that is busy, because a database or a stream is away, does not keep the others waiting.
    await inTime(Promise.allSettled([...watches.values()].map((watch) => watch.savePosition())), roundMs);
  }

  async function run(): Promise<void> {
    while (!(await pause(roundMs, closing.signal))) {
      await round().catch((err: unknown) => logger.warn({ err }, 'price alerts could not be looked after'));
    }
  }

  const listener = createDatabaseListener({
    url: options.databaseUrl,
    channel: priceAlertChannel,
    logger,
    onConnected: takeUpAll,
    async onNotification(message) {
      const [what, symbol, id] = message.split(' ');
      if (!symbol) return;
      if (what === 'created') watchOf(symbol).takeUp();
      if (what === 'ended' && id) watches.get(symbol)?.forget(id);
    },
  });

  return {
    async start() {
      await listener.start();
      running ??= run();
    },
    check: () => listener.check(),
    watched: () => [...watches].map(([symbol, watch]) => ({ symbol, size: watch.size(), position: watch.position() })),
    async close() {
      closing.abort();
      await listener.close();
      await running;
      const all = [...watches.values()];
      await Promise.all(all.map((watch) => watch.close()));
      await inTime(Promise.allSettled(all.map((watch) => watch.savePosition())), closeMs);
    },
  };
}
