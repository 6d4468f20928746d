import { mapIterator } from '#shared/async-iteration.ts';
import type { Logger } from '#shared/logger.ts';
import type { TickFollower } from '#shared/ticks/tick-follower.ts';
import type { Tick } from '#shared/ticks/tick.ts';
import type { MarketStatus } from './domain/market-hours.ts';
import { isSameStatus, tradingStatus, type TradingStatus } from './domain/trading-status.ts';
import type { InstrumentService } from './instrument-service.ts';
import { createSharedWatches, type Publish, type Watch } from './shared-watches.ts';

export type MarketStatusService = {
  /** Whether the market of an instrument is open now, and when that changes. */
  statusOf(symbol: string): TradingStatus;
  /** The status at once, then each change of it. @throws DomainError NOT_FOUND */
  changes(symbol: string): AsyncIterableIterator<{ marketStatusChanged: TradingStatus }>;
};

/** How late a change by the clock may show. */
const lookEveryMs = 200;
/** A breaker that trips again and again puts its end off with each tick: that much is told this often at most. */
const detailEveryMs = 1_000;

/** An open market of which no source says a price any more: nobody can say when one does. */
const silence: TradingStatus = { state: 'HALTED', reason: 'No source says a price', nextChangeAt: null };

/** @param options.calendar says what the calendar says at an instant; it is asked often */
export function createMarketStatusService(options: {
  follower: Pick<TickFollower, 'latest' | 'ticks'>;
  instruments: Pick<InstrumentService, 'get'>;
  calendar: (now: number) => MarketStatus;
  isStale: (tick: Tick) => boolean;
  clock: () => number;
  logger: Logger;
}): MarketStatusService {
  const { follower, logger } = options;

  function statusAt(tick: Tick | undefined): TradingStatus {
    const now = options.clock();
    const status = tradingStatus(options.calendar(now), tick?.breaker, now);
    const isOpen = status.state === 'OPEN' || status.state === 'DEGRADED';
    return isOpen && tick && options.isStale(tick) ? silence : status;
  }

  const statusOf = (symbol: string) => statusAt(follower.latest(symbol));

  /** Looks at each tick, for what the breaker says, and at the clock, for what ends by itself. */
  function watchStatus(symbol: string, publish: Publish<TradingStatus>): Watch<TradingStatus> {
    const stopped = new AbortController();
    let known = statusOf(symbol);
    let toldAt = -Infinity;
    const tell = (status: TradingStatus) => {
      if (isSameStatus(status, known)) return;
      const now = performance.now();
      if (status.state === known.state && now - toldAt < detailEveryMs) return;
      known = status;
      toldAt = now;
      publish(status, { lasting: true });
    };
    const timer = setInterval(() => tell(statusOf(symbol)), lookEveryMs);
    const followTicks = async () => {
      for await (const tick of follower.ticks(symbol, { signal: stopped.signal })) tell(statusAt(tick));
    };
    // The clock goes on looking at the latest tick.
    followTicks().catch((err: unknown) =>
      logger.error({ err, symbol }, 'following ticks for the market status failed'),
    );
    return {
      ready: Promise.resolve(),
      current: () => known,
      stop() {
        clearInterval(timer);
        stopped.abort();
      },
    };
  }

  const watches = createSharedWatches({ begin: watchStatus, isSame: isSameStatus });
  return {
    statusOf,
    changes(symbol) {
      options.instruments.get(symbol);
      return mapIterator(watches.watch(symbol), (marketStatusChanged) => ({ marketStatusChanged }));
    },
  };
}
