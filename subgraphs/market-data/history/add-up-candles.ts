import type { SqlClient } from '#shared/database.ts';
import type { CandleBasis } from '../domain/candles.ts';
import { storedIntervals, type StoredInterval } from '../domain/stored-interval.ts';
import { arrayOf, timeOf } from './sql-arrays.ts';

/**
 * Works out anew the longer stored candles that contain these ones of an interval, from the shortest on: each is made of
 * the next shorter ones. What was imported itself at a longer interval keeps what it says.
 */
export async function addUpCandles(
  transaction: SqlClient,
  { symbol, interval }: { symbol: string; interval: StoredInterval },
  candles: readonly { basis: CandleBasis; openTime: number }[],
): Promise<void> {
  const openTimes = arrayOf([...new Set(candles.map(({ openTime }) => openTime))]);
  const bases = arrayOf([...new Set(candles.map(({ basis }) => basis))]);
  for (const longer of longerIntervals.slice(storedIntervals.indexOf(interval)))
    await transaction.$executeRawUnsafe(addUpSql(longer), symbol, bases, openTimes);
}

const longerIntervals = ['HOUR_1', 'DAY_1', 'MONTH_1'] as const satisfies StoredInterval[];

const partsOf = {
  HOUR_1: { unit: 'hour', part: 'MINUTE_1' },
  DAY_1: { unit: 'day', part: 'HOUR_1' },
  MONTH_1: { unit: 'month', part: 'DAY_1' },
} as const;

/** A count that the column cannot hold stays at its largest. */
function addUpSql(interval: (typeof longerIntervals)[number]): string {
  const { unit, part } = partsOf[interval];
  return `
INSERT INTO candle AS kept (symbol, basis, interval, open_time, open, high, low, close, tick_count, first_at, last_at)
SELECT $1, basis.basis, '${interval}', span.open_time, whole.*
FROM unnest($2::candle_basis[]) AS basis (basis)
CROSS JOIN (
  SELECT DISTINCT date_trunc('${unit}', ${timeOf('opening.at')}, 'UTC') FROM unnest($3::bigint[]) AS opening (at)
) AS span (open_time)
CROSS JOIN LATERAL (
  SELECT (array_agg(open ORDER BY open_time))[1] AS open, max(high) AS high, min(low) AS low,
    (array_agg(close ORDER BY open_time DESC))[1] AS close, LEAST(sum(tick_count), 2147483647)::int AS tick_count,
    min(first_at) AS first_at, max(last_at) AS last_at
  FROM candle
  WHERE symbol = $1 AND basis = basis.basis AND interval = '${part}' AND open_time >= span.open_time
    AND open_time < (span.open_time AT TIME ZONE 'UTC' + interval '1 ${unit}') AT TIME ZONE 'UTC'
  HAVING count(*) > 0
) AS whole
ON CONFLICT (symbol, basis, interval, open_time) DO UPDATE SET open = EXCLUDED.open, high = EXCLUDED.high, low = EXCLUDED.low,
  close = EXCLUDED.close, tick_count = EXCLUDED.tick_count, first_at = EXCLUDED.first_at, last_at = EXCLUDED.last_at
WHERE NOT kept.is_imported`;
}
