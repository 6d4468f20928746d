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
   * The current price, or with `after` what followed that sequence, and then every change.
   * @throws DomainError NOT_FOUND or BAD_USER_INPUT; the events end with SEQUENCE_TOO_OLD or SEQUENCE_AHEAD
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
  tickWaitMs: number;
  deliveryLag: Histogram;
  clock: () => number;
}): SpotPriceService {
  const { follower, instruments } = options;
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
        let isFirst = true;
        for await (const tick of follower.ticks(symbol, { after, minIntervalMs, signal })) {
          // The first is a snapshot of any age, and one that others have followed is caught up on: neither shows the lag.
          if (!isFirst && follower.latest(symbol) === tick)
            options.deliveryLag.observe(Math.max(0, options.clock() - tick.receivedAt) / 1000);
          isFirst = false;
          yield { priceUpdated: tick, tick: { symbol, sequence: tick.sequence } };
        }
      });
    },
  };
}
