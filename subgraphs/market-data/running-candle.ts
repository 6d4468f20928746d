import { decimal } from '#shared/decimal.ts';
import type { Logger } from '#shared/logger.ts';
import type { TickFollower } from '#shared/ticks/tick-follower.ts';
import { closeTimeOf, openTimeOf } from './domain/candle-interval.ts';
import type { Candle } from './domain/candles.ts';
import { createLiveCandles, isSameCandle, type LiveCandle } from './domain/live-candles.ts';
import type { CandleRepository, CandleRow, CandleSeries } from './history/candle-repository.ts';
import { readUnwrittenTicks } from './history/read-unwritten-ticks.ts';
import type { Publish, Watch } from './shared-watches.ts';

export type RunningCandleOptions = {
  follower: Pick<TickFollower, 'follow' | 'latest' | 'ticks'>;
  history: Pick<CandleRepository, 'candleUnderWay'>;
  /** Milliseconds that late ticks are waited for behind the end of a span. */
  watermarkMs: number;
  /** Milliseconds between two changes that are told, at least. */
  updateMs: number;
  clock: () => number;
  logger: Logger;
};

/** How late a change that has waited, or a close by the clock, may be told. */
const lookEveryMs = 200;

/**
 * Runs the candles of one kind: begins with what the history knows, adds every tick behind that, tells changes now and
 * then and each candle once more when it is closed. Ready when it has come to the latest tick.
 */
export function runCandle(
  series: CandleSeries,
  publish: Publish<LiveCandle>,
  options: RunningCandleOptions,
): Watch<LiveCandle> {
  const { symbol } = series;
  const { follower, history, clock, logger } = options;
  const candles = createLiveCandles({ ...series, watermarkMs: options.watermarkMs });
  const stopped = new AbortController();
  const ready = Promise.withResolvers<void>();
  let hasBegun = false;
  let isReady = false;
  let told: LiveCandle | undefined;
  let toldAt = -Infinity;
  /** The last sequence that was added. */
  let position = 0;
  // What has arrived while the process was busy is read before a candle is closed without it.
  const timer = setInterval(() => setImmediate(tell), lookEveryMs);

  async function run(): Promise<void> {
    await follower.follow(symbol);
    const latest = follower.latest(symbol);
    if (latest) candles.see(latest);
    position = await beginWithHistory();
    hasBegun = true;
    tell();
    const { signal } = stopped;
    for await (const tick of readUnwrittenTicks({ follower, symbol, after: position, signal, logger })) {
      candles.add(tick, clock());
      position = tick.sequence;
      tell();
    }
  }

  /** @returns the sequence up to which the history's candles contain the ticks */
  async function beginWithHistory(): Promise<number> {
    const { interval, dayBoundary } = series;
    for (;;) {
      const at = candles.marketTime(clock());
      const next = closeTimeOf(interval, openTimeOf(interval, at, dayBoundary), dayBoundary);
      // A source whose clock is fast has begun the next candle already.
      const [now, ahead] = [
        await history.candleUnderWay({ ...series, at }),
        await history.candleUnderWay({ ...series, at: next }),
      ];
      if (now.historySequence !== ahead.historySequence) continue;
      for (const row of [now.latestBefore, now.candle, ahead.candle]) if (row) candles.begin(candleOf(row));
      return now.historySequence;
    }
  }

  function tell(): void {
    if (stopped.signal.aborted || !hasBegun || position < (follower.latest(symbol)?.sequence ?? 0)) return;
    const closed = candles.close(clock());
    if (!isReady) {
      // Who watches gets the candle under way first: those that were over before are nobody's news.
      isReady = true;
      return ready.resolve();
    }
    for (const candle of closed) publish(candle, { lasting: true });
    const now = performance.now();
    if (now - toldAt < options.updateMs) return;
    const candle = candles.current();
    if (!candle || candle.isClosed || (told && isSameCandle(told, candle))) return;
    told = candle;
    toldAt = now;
    publish(candle, { lasting: false });
  }

  // Nobody may be there any more to be told.
  ready.promise.catch(() => undefined);
  run().catch((err: unknown) => {
    if (isReady) logger.error({ err, ...series }, 'a live candle has ended');
    ready.reject(err as Error);
  });
  return {
    ready: ready.promise,
    current: candles.current,
    stop() {
      clearInterval(timer);
      stopped.abort();
    },
  };
}

function candleOf({ open, high, low, close, ...row }: CandleRow): Candle {
  return { ...row, open: decimal(open), high: decimal(high), low: decimal(low), close: decimal(close) };
}
