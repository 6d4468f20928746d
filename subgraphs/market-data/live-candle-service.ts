import { mapIterator } from '#shared/async-iteration.ts';
import type { SourceEvent } from '#shared/subscribe-with-ticks.ts';
import type { CandleInterval, DayBoundary } from './domain/candle-interval.ts';
import type { CandleBasis } from './domain/candles.ts';
import { isSameCandle, type LiveCandle } from './domain/live-candles.ts';
import type { InstrumentService } from './instrument-service.ts';
import { runCandle, type RunningCandleOptions } from './running-candle.ts';
import { createSharedWatches } from './shared-watches.ts';

export type LiveCandleQuery = {
  interval: CandleInterval;
  basis?: CandleBasis | undefined;
  dayBoundary?: DayBoundary | undefined;
};

export type CandleEvent = SourceEvent<{ candleUpdated: LiveCandle }>;

export type LiveCandleService = {
  /**
   * The candle under way at once, or the last one where none is, then its changes, and each candle once more when it is
   * closed, in ascending order. Whoever is slow gets the latest change, and every candle that was closed: events are of one
   * key where they are of one candle.
   * @throws DomainError NOT_FOUND
   */
  updates(symbol: string, query: LiveCandleQuery): AsyncIterableIterator<CandleEvent>;
  /** How many candles run: one for each symbol and kind that anybody watches. */
  running(): number;
};

export function createLiveCandleService({
  instruments,
  ...options
}: RunningCandleOptions & { instruments: Pick<InstrumentService, 'get'> }): LiveCandleService {
  const watches = createSharedWatches<LiveCandle>({
    begin(key, publish) {
      const [symbol, interval, basis, dayBoundary] = key.split(' ') as [
        string,
        CandleInterval,
        CandleBasis,
        DayBoundary,
      ];
      return runCandle({ symbol, interval, basis, dayBoundary }, publish, options);
    },
    isSame: isSameCandle,
  });
  return {
    running: watches.size,
    updates(symbol, { interval, basis = 'MID', dayBoundary = 'UTC' }) {
      instruments.get(symbol);
      const key = [symbol, interval, basis, dayBoundary].join(' ');
      return mapIterator(watches.watch(key), (candleUpdated) => ({
        candleUpdated,
        key: new Date(candleUpdated.openTime).toISOString(),
      }));
    },
  };
}
