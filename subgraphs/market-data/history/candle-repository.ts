import type { SqlClient } from '#shared/database.ts';
import { closeTimeOf, openTimeOf, type CandleInterval, type DayBoundary } from '../domain/candle-interval.ts';
import type { CandleBasis } from '../domain/candles.ts';
import { candlesSql, type CandleSqlOptions } from './candle-sql.ts';

/**
 * How one price moved in one span: decimals as text, times in epoch milliseconds. `firstAt` and `lastAt` are when its
 * first and its last tick moved.
 */
export type CandleRow = {
  openTime: number;
  open: string;
  high: string;
  low: string;
  close: string;
  tickCount: number;
  firstAt: number;
  lastAt: number;
};

/** Which candles of a symbol are meant. */
export type CandleSeries = { symbol: string; interval: CandleInterval; basis: CandleBasis; dayBoundary: DayBoundary };

/** What the history knows of a span that may not be over. */
export type CandleUnderWay = {
  /** The candle of the span; none where no tick in it is written. */
  candle: CandleRow | undefined;
  /** The last candle of an earlier span. */
  latestBefore: CandleRow | undefined;
  /** The sequence up to which both contain the symbol's ticks. */
  historySequence: number;
};

export type CandleRepository = {
  /**
   * Up to `count` candles, oldest first, which open in [from, to): the first ones, or the last ones where `latest` is set.
   * Both bounds must be opening times of the interval; a missing one is open.
   */
  candles(
    query: CandleSeries & { from: number | undefined; to: number | undefined; count: number; latest: boolean },
  ): Promise<CandleRow[]>;
  /** The candle of the span that an instant lies in, and the one before, as they are at one moment. */
  candleUnderWay(query: CandleSeries & { at: number }): Promise<CandleUnderWay>;
};

export function createCandleRepository(sql: SqlClient): CandleRepository {
  return {
    async candles({ symbol, basis, from, to, count, ...options }) {
      const rows = await sql.$queryRawUnsafe<DatedRow[]>(
        candlesSql(options),
        symbol,
        String(from ?? -Infinity),
        String(to ?? Infinity),
        count,
        basis,
      );
      return rows.map(asCandleRow);
    },
    async candleUnderWay({ symbol, basis, at, ...options }) {
      const openTime = openTimeOf(options.interval, at, options.dayBoundary);
      const closeTime = closeTimeOf(options.interval, openTime, options.dayBoundary);
      const rows = await sql.$queryRawUnsafe<({ historySequence: bigint } & (DatedRow | { openTime: null }))[]>(
        underWaySql(options),
        symbol,
        String(-Infinity),
        String(closeTime),
        2,
        basis,
      );
      const candles = rows.flatMap((row) => (row.openTime === null ? [] : [asCandleRow(row)]));
      return {
        candle: candles.find((candle) => candle.openTime === openTime),
        latestBefore: candles.findLast((candle) => candle.openTime < openTime),
        historySequence: Number(rows[0]!.historySequence),
      };
    },
  };
}

type DatedRow = Omit<CandleRow, 'openTime' | 'firstAt' | 'lastAt'> & { openTime: Date; firstAt: Date; lastAt: Date };

function asCandleRow({ openTime, open, high, low, close, tickCount, firstAt, lastAt }: DatedRow): CandleRow {
  return {
    openTime: openTime.getTime(),
    open,
    high,
    low,
    close,
    tickCount,
    firstAt: firstAt.getTime(),
    lastAt: lastAt.getTime(),
  };
}

/** One statement, hence one snapshot: what is added behind the checkpoint is not in the candles, and nothing else. */
function underWaySql(options: Omit<CandleSqlOptions, 'latest'>): string {
  return `
SELECT COALESCE((SELECT history_sequence FROM tick_checkpoint WHERE symbol = $1), 0) AS "historySequence", latest.*
FROM (SELECT) AS always
LEFT JOIN (${candlesSql({ ...options, latest: true })}) AS latest ON true
ORDER BY latest."openTime"`;
}
