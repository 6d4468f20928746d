import { closeTimeOf, nextOpenTime } from '../domain/candle-interval.ts';
import type { CandleRepository, CandleSeries } from './candle-repository.ts';
import type { TickExportRepository } from './tick-export-repository.ts';

/** Only what lies in [from, to), epoch milliseconds; a missing bound is open. */
export type ExportRange = { from: number | undefined; to: number | undefined };

/** Rows that are read and written together. */
const pageRows = 1_000;
/** Before all history, and on the grid of every interval in UTC. */
const longAgo = Date.UTC(1000, 0, 1);

/**
 * A series of candles as the text of a CSV file, in pieces: `time,open,high,low,close,ticks`, oldest first, times in UTC.
 * Candles whose span is not over at `now` are left out: an import could not take them.
 */
export async function* candlesAsCsv(
  { repository, now }: { repository: Pick<CandleRepository, 'candles'>; now: number },
  { from, to, ...series }: CandleSeries & ExportRange,
): AsyncGenerator<string, void, void> {
  const { interval, dayBoundary } = series;
  const opening = (time: number) => nextOpenTime(interval, time, dayBoundary);
  yield 'time,open,high,low,close,ticks\n';
  let next = opening(from ?? longAgo);
  const end = to === undefined ? undefined : opening(to);
  for (;;) {
    const page = await repository.candles({ ...series, from: next, to: end, count: pageRows, latest: false });
    const closed = page.filter(({ openTime }) => closeTimeOf(interval, openTime, dayBoundary) <= now);
    yield closed
      .map(({ openTime, open, high, low, close, tickCount }) =>
        [`${new Date(openTime).toISOString().slice(0, 16)}Z`, open, high, low, close, `${tickCount}\n`].join(),
      )
      .join('');
    if (page.length < pageRows) return;
    next = closeTimeOf(interval, page.at(-1)!.openTime, dayBoundary);
  }
}

/**
 * The kept ticks of a symbol as the text of a CSV file, in pieces: `time,bid,ask` in the order in which they moved. `time`
 * is the instant that a tick belongs to in the history, so that the same candles come of them again.
 */
export async function* ticksAsCsv(
  repository: TickExportRepository,
  { symbol, from, to }: ExportRange & { symbol: string },
): AsyncGenerator<string, void, void> {
  yield 'time,bid,ask\n';
  for (let after; ;) {
    const page = await repository.ticks({ symbol, from, to, after, count: pageRows });
    yield page.map(({ movedAt, bid, ask }) => `${new Date(movedAt).toISOString()},${bid},${ask}\n`).join('');
    if (page.length < pageRows) return;
    after = page.at(-1);
  }
}
