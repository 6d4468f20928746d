import type { Counter, Gauge, Histogram } from 'prom-client';
import { counter, durationHistogram, gauge, type Registry } from '#shared/metrics.ts';
import type { FeedHealth } from './feeds/feed.ts';

export type IngestionMetrics = {
  received: Counter;
  rejected: Counter<'source' | 'reason'>;
  dropped: Counter;
  published: Counter<'symbol'>;
  lastSequence: Gauge<'symbol'>;
};

/** What a worker counts on the way of a quote into the tick stream. */
export function createIngestionMetrics(registry: Registry): IngestionMetrics {
  return {
    received: counter(registry, 'gold_quotes_received_total', 'Quotes that the feeds have delivered'),
    rejected: counter(registry, 'gold_quotes_rejected_total', 'Quotes that were not used', ['source', 'reason']),
    dropped: counter(registry, 'gold_ticks_dropped_total', 'Accepted quotes dropped because Redis was too slow'),
    published: counter(registry, 'gold_ticks_published_total', 'Ticks appended to their stream', ['symbol']),
    lastSequence: gauge(registry, 'gold_tick_last_sequence', 'Sequence of the last published tick', {
      labelNames: ['symbol'],
    }),
  };
}

/** How each feed of a worker that leads is: nothing of one that stands by. */
export function createFeedMetrics(registry: Registry, feeds: () => { name: string; health: FeedHealth }[]): void {
  gauge(registry, 'gold_feed_up', 'Whether quotes of a feed can be expected (1) or it is in trouble (0)', {
    labelNames: ['feed'],
    collect(up) {
      up.reset();
      for (const { name, health } of feeds()) up.set({ feed: name }, health.ok ? 1 : 0);
    },
  });
  gauge(
    registry,
    'gold_feed_last_quote_timestamp_seconds',
    'When the last quote of a feed came, in seconds since 1970',
    {
      labelNames: ['feed'],
      collect(last) {
        last.reset();
        for (const { name, health } of feeds())
          if (health.lastQuoteAt !== undefined) last.set({ feed: name }, health.lastQuoteAt / 1_000);
      },
    },
  );
}

/** Whether a worker leads, 1 or 0: of all workers one does. */
export function createLeadershipMetrics(registry: Registry, isLeading: () => boolean): void {
  gauge(registry, 'gold_worker_leading', 'Whether this worker makes the prices (1) or stands by (0)', {
    collect: (leading) => leading.set(isLeading() ? 1 : 0),
  });
}

/** What a worker counts when it writes candles. */
export function createCandleMetrics(registry: Registry): { written: Counter; failures: Counter } {
  return {
    written: counter(registry, 'gold_candle_ticks_total', 'Ticks that are contained in written candles'),
    failures: counter(registry, 'gold_candle_write_failures_total', 'Writes of candles that failed and were repeated'),
  };
}

/** Seconds from a tick's arrival here to its delivery to a subscriber of this process; ticks that are caught up on do not count. */
export function createDeliveryMetrics(registry: Registry): { lag: Histogram } {
  return { lag: durationHistogram(registry, 'gold_tick_delivery_seconds', 'From arrival of a tick to a subscriber') };
}

/** How many live candles a server runs: one for each symbol and kind that anybody watches. */
export function createLiveCandleMetrics(registry: Registry, running: () => number): void {
  gauge(registry, 'gold_live_candles', 'Live candles that run because somebody watches them', {
    collect: (candles) => candles.set(running()),
  });
}
