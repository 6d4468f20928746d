import type { Histogram } from 'prom-client';
import { abortable } from '#shared/async-iteration.ts';
import { badInput } from '#shared/errors.ts';
import type { SourceEvent } from '#shared/subscribe-with-ticks.ts';
import type { TickFollower } from '#shared/ticks/tick-follower.ts';
import type { TickReference } from '#shared/ticks/tick-reference.ts';
import type { Tick } from '#shared/ticks/tick.ts';
import type { InstrumentService } from './instrument-service.ts';

export type PriceUpdate = SourceEvent<{ priceUpdated: Tick }>;

export type SpotPriceService = {
  /**
   * The price of a symbol: inside an event of this very symbol the event's own, else the latest; null where none ever came.
   * @throws DomainError TICK_UNAVAILABLE when the event's tick has not arrived in time or is no longer kept
   */
  priceOf(symbol: string, tick: TickReference | undefined): Promise<Tick | null>;
  /**
   * The current price, or with `after` what followed that sequence, and then every change; the last one once more when it
   * has become stale, also ahead of `minIntervalMs`. Who was given it as stale is not told again.
   * @throws DomainError NOT_FOUND or BAD_USER_INPUT; the events end with SEQUENCE_TOO_OLD, SEQUENCE_AHEAD, or
   *   TICK_UNAVAILABLE, retryable, while what is asked for cannot be read
   */
  updates(
    symbol: string,
    options: { after: number | undefined; minIntervalMs: number | undefined },
  ): AsyncIterableIterator<PriceUpdate>;
};

const longestIntervalMs = 60_000;

export function createSpotPriceService(options: {
  follower: TickFollower;
  instruments: InstrumentService;
  isStale: (tick: Tick) => boolean;
  tickWaitMs: number;
  deliveryLag: Histogram;
  clock: () => number;
}): SpotPriceService {
  const { follower, instruments, isStale } = options;
  return {
    async priceOf(symbol, tick) {
      if (tick?.symbol === symbol) return follower.at(tick, options.tickWaitMs);
      return follower.latest(symbol) ?? null;
    },
    updates(symbol, { after, minIntervalMs = 0 }) {
      instruments.get(symbol);
      if (after !== undefined && after < 0) throw badInput('after is a sequence: at least 0');
      if (minIntervalMs < 0 || minIntervalMs > longestIntervalMs)
        throw badInput(`minIntervalMs must be from 0 to ${longestIntervalMs}`, { max: longestIntervalMs });
      return abortable(async function* (signal) {
        const begunAt = options.clock();
        let [isFirst, toldStale, again] = [true, 0, 0];
        const isDueAgain = (latest: Tick) => {
          if (latest.sequence === toldStale || !isStale(latest)) return false;
          again = latest.sequence;
          return true;
        };
        for await (const tick of follower.ticks(symbol, { after, minIntervalMs, isDueAgain, signal })) {
          const { sequence } = tick;
          // The first is a snapshot of any age, one that others have followed is caught up on, and one that is told again has aged: none shows the lag.
          if (!isFirst && sequence !== again && follower.latest(symbol) === tick)
            options.deliveryLag.observe(Math.max(0, options.clock() - tick.receivedAt) / 1000);
          isFirst = false;
          if (isStale(tick)) toldStale = sequence;
          const isToldAtOnce = minIntervalMs === 0 && sequence !== again && tick.receivedAt > begunAt;
          const at = isToldAtOnce ? tick.receivedAt : undefined;
          yield { priceUpdated: tick, tick: { symbol, sequence }, at };
        }
      });
    },
  };
}
