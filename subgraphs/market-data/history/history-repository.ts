import type { SqlClient, TransactionalClient } from '#shared/database.ts';
import { movedAtOf, type Tick } from '#shared/ticks/tick.ts';
import { minuteCandles } from '../domain/candles.ts';
import { lockCandles } from './lock-candles.ts';
import type { TickPartitions } from './tick-partitions.ts';

/** Ticks of one symbol behind the sequence `from`, in ascending sequence, all that there are up to the last of them. */
export type TickBatch = { symbol: string; from: number; ticks: readonly Tick[] };

export type HistoryRepository = {
  /**
   * Writes ticks, adds them to the candles of all bases and stored intervals, and moves their symbols' checkpoints to the
   * last of them: all of it or nothing. A symbol whose checkpoint is not where its batch begins is left out: its ticks
   * are in already, or belong to another writer. Ticks that are too old to be kept are only in the candles.
   * @returns the symbols that were written
   */
  write(batches: readonly TickBatch[]): Promise<Set<string>>;
};

/** How long a write may take, waiting for its turn included, in milliseconds. */
const longestWriteMs = 30_000;

export function createHistoryRepository(options: {
  database: TransactionalClient<SqlClient>;
  partitions: Pick<TickPartitions, 'prepare' | 'forget'>;
}): HistoryRepository {
  const { database, partitions } = options;

  async function write(transaction: SqlClient, batches: readonly TickBatch[], keptSince: number): Promise<Set<string>> {
    await lockCandles(
      transaction,
      batches.map(({ symbol }) => symbol),
    );
    const moved = await transaction.$queryRawUnsafe<{ symbol: string }[]>(
      moveSql,
      batches.map(({ symbol }) => symbol),
      batches.map(({ from }) => String(from)),
      batches.map(({ ticks }) => String(ticks.at(-1)!.sequence)),
    );
    const symbols = new Set(moved.map(({ symbol }) => symbol));
    const written = batches.filter(({ symbol }) => symbols.has(symbol));
    const kept = written.flatMap(({ ticks }) => ticks.filter(({ receivedAt }) => receivedAt >= keptSince));
    if (kept.length > 0) await transaction.$executeRawUnsafe(insertTicksSql, JSON.stringify(kept.map(tickRow)));
    if (written.length > 0)
      await transaction.$executeRawUnsafe(mergeCandlesSql, JSON.stringify(written.flatMap(minuteRows)));
    return symbols;
  }

  return {
    async write(batches) {
      const arrivals = batches.flatMap(({ ticks }) => ticks.map(({ receivedAt }) => receivedAt));
      const keptSince = await partitions.prepare(arrivals);
      try {
        return await database.$transaction((transaction) => write(transaction, batches, keptSince), {
          timeout: longestWriteMs,
          maxWait: longestWriteMs,
        });
      } catch (error) {
        partitions.forget();
        throw error;
      }
    },
  };
}

function tickRow({ symbol, sequence, receivedAt, time, movedAt, bid, ask, ...details }: Tick) {
  return {
    symbol,
    sequence,
    received_at: receivedAt,
    time,
    moved_at: movedAtOf({ time, movedAt }),
    bid,
    ask,
    details,
  };
}

function minuteRows({ symbol, ticks }: TickBatch) {
  return minuteCandles(ticks).map(({ basis, candle }) => ({
    symbol,
    basis,
    open_time: candle.openTime,
    open: candle.open.toFixed(),
    high: candle.high.toFixed(),
    low: candle.low.toFixed(),
    close: candle.close.toFixed(),
    tick_count: candle.tickCount,
    first_at: candle.firstAt,
    last_at: candle.lastAt,
  }));
}

const moveSql = `
UPDATE tick_checkpoint SET history_sequence = move.to_sequence::bigint
FROM unnest($1::text[], $2::text[], $3::text[]) AS move (symbol, from_sequence, to_sequence)
WHERE tick_checkpoint.symbol = move.symbol AND history_sequence = move.from_sequence::bigint
RETURNING tick_checkpoint.symbol`;

/** One document of all rows: an array a column costs this process three times as much. */
const insertTicksSql = `
INSERT INTO tick (symbol, sequence, received_at, time, moved_at, bid, ask, details)
SELECT symbol, sequence, to_timestamp(received_at / 1000), to_timestamp(time / 1000), to_timestamp(moved_at / 1000),
  bid::numeric, ask::numeric, details
FROM jsonb_to_recordset($1::jsonb) AS tick (symbol text, sequence bigint, received_at float8, time float8, moved_at float8,
  bid text, ask text, details jsonb)`;

/**
 * Merges by the rule of domain/candles.ts. Minutes are added to the hour, the day and the month that they lie in, but not
 * beyond a span that was imported: that one stays as it is, and those around it have been added up with it.
 */
const mergeCandlesSql = `
WITH stored (interval, unit) AS (
  VALUES ('MINUTE_1'::stored_interval, 'minute'), ('HOUR_1', 'hour'), ('DAY_1', 'day'), ('MONTH_1', 'month')
), minute AS (
  SELECT symbol, basis, to_timestamp(open_time / 1000) AS open_time, open, high, low, close, tick_count,
    to_timestamp(first_at / 1000) AS first_at, to_timestamp(last_at / 1000) AS last_at
  FROM jsonb_to_recordset($1::jsonb) AS minute (symbol text, basis candle_basis, open_time float8, open numeric,
    high numeric, low numeric, close numeric, tick_count int, first_at float8, last_at float8)
)
INSERT INTO candle AS kept (symbol, basis, interval, open_time, open, high, low, close, tick_count, first_at, last_at)
SELECT minute.symbol, minute.basis, stored.interval, date_trunc(stored.unit, minute.open_time, 'UTC'),
  (array_agg(minute.open ORDER BY minute.open_time))[1], max(minute.high), min(minute.low),
  (array_agg(minute.close ORDER BY minute.open_time DESC))[1], LEAST(sum(minute.tick_count), 2147483647)::int,
  min(minute.first_at), max(minute.last_at)
FROM minute
CROSS JOIN LATERAL (
  SELECT min(candle.interval) AS interval
  FROM stored
  JOIN candle ON candle.symbol = minute.symbol AND candle.basis = minute.basis AND candle.interval = stored.interval
    AND candle.open_time = date_trunc(stored.unit, minute.open_time, 'UTC') AND candle.is_imported
) AS imported
JOIN stored ON imported.interval IS NULL OR stored.interval < imported.interval
GROUP BY minute.symbol, minute.basis, stored.interval, date_trunc(stored.unit, minute.open_time, 'UTC')
ON CONFLICT (symbol, basis, interval, open_time) DO UPDATE SET
  open = CASE WHEN EXCLUDED.first_at < kept.first_at THEN EXCLUDED.open ELSE kept.open END,
  high = GREATEST(kept.high, EXCLUDED.high),
  low = LEAST(kept.low, EXCLUDED.low),
  close = CASE WHEN EXCLUDED.last_at >= kept.last_at THEN EXCLUDED.close ELSE kept.close END,
  tick_count = LEAST(kept.tick_count::bigint + EXCLUDED.tick_count, 2147483647)::int,
  first_at = LEAST(kept.first_at, EXCLUDED.first_at),
  last_at = GREATEST(kept.last_at, EXCLUDED.last_at)`;
