import type { CandleInterval, DayBoundary } from '../domain/candle-interval.ts';
import type { StoredInterval } from '../domain/stored-interval.ts';

export type CandleSqlOptions = { interval: CandleInterval; dayBoundary: DayBoundary; latest: boolean };

/** Lengths for date_bin. Hours rather than days: a day of an interval may be 23 hours long in the session's time zone. */
const lengths: Partial<Record<CandleInterval, string>> = {
  MINUTE_5: '5 minutes',
  MINUTE_15: '15 minutes',
  MINUTE_30: '30 minutes',
  HOUR_4: '4 hours',
  WEEK_1: '168 hours',
};

/** Days of New York end and begin at 17:00: its clock, put forward by 7 hours, has them begin at midnight. */
const newYorkUnits: Partial<Record<CandleInterval, string>> = { DAY_1: 'day', WEEK_1: 'week', MONTH_1: 'month' };

/**
 * A statement that gives the candles of a symbol ($1) and a basis ($5) which open in [$2, $3), epoch milliseconds as text
 * or `Infinity`: at most $4 of them, oldest first; the first ones, or the last ones where `latest` is set.
 */
export function candlesSql({ interval, dayBoundary, latest }: CandleSqlOptions): string {
  const unit = dayBoundary === 'NY_1700' ? newYorkUnits[interval] : undefined;
  if (unit) return summedSql({ part: 'HOUR_1', latest, ...newYorkSpan(unit) });
  const length = lengths[interval];
  if (length) return summedSql({ part: partOf(interval), latest, ...binnedSpan(length) });
  return storedSql(interval as StoredInterval, latest);
}

/** The stored candles that one of an interval by UTC is added up from. */
function partOf(interval: CandleInterval): StoredInterval {
  if (interval === 'WEEK_1') return 'DAY_1';
  return interval === 'HOUR_4' ? 'HOUR_1' : 'MINUTE_1';
}

/** As text, because years beyond 0001 and 9999 have no ISO form that PostgreSQL reads. */
const [from, to] = ['$2', '$3'].map((parameter) => `to_timestamp(${parameter}::text::float8 / 1000)`);

type Span = { openOf: (time: string) => string; closeOf: (openTime: string) => string };

/** Counted from a Monday, with which weeks begin; every other length divides a week. */
const binnedSpan = (length: string): Span => ({
  openOf: (time) => `date_bin('${length}', ${time}, '1970-01-05T00:00:00Z')`,
  closeOf: (openTime) => `${openTime} + interval '${length}'`,
});

function newYorkSpan(unit: string): Span {
  const inTrade = (time: string) =>
    `date_trunc('${unit}', ${time} AT TIME ZONE 'America/New_York' + interval '7 hours')`;
  const instant = (inNewYork: string) => `((${inNewYork}) - interval '7 hours') AT TIME ZONE 'America/New_York'`;
  return {
    openOf: (time) => instant(inTrade(time)),
    closeOf: (openTime) => instant(`${inTrade(openTime)} + interval '1 ${unit}'`),
  };
}

const prices = (row: string) =>
  ['open', 'high', 'low', 'close'].map((name) => `trim_scale(${row}.${name})::text AS ${name}`).join(', ');
const rest = (row: string) =>
  `${row}.tick_count AS "tickCount", ${row}.first_at AS "firstAt", ${row}.last_at AS "lastAt"`;

function storedSql(interval: StoredInterval, latest: boolean): string {
  return `
SELECT shown.open_time AS "openTime", ${prices('shown')}, ${rest('shown')}
FROM (
  SELECT * FROM candle
  WHERE symbol = $1 AND basis = $5::candle_basis AND interval = '${interval}'
    AND open_time >= ${from} AND open_time < ${to}
  ORDER BY open_time ${latest ? 'DESC' : 'ASC'} LIMIT $4::int
) AS shown
ORDER BY shown.open_time`;
}

/**
 * Walks from candle to candle by the primary key, one index lookup each, and adds up the parts of just those that are
 * asked for: the time taken depends on what is shown and not on how much history there is.
 */
function summedSql({ part, latest, openOf, closeOf }: Span & { part: StoredInterval; latest: boolean }): string {
  const ofPart = `symbol = $1 AND basis = $5::candle_basis AND interval = '${part}'`;
  const nearest = (bound: string) => `
    SELECT ${openOf('open_time')} FROM candle
    WHERE ${ofPart} AND open_time >= ${from} AND open_time < ${to} ${bound}
    ORDER BY open_time ${latest ? 'DESC' : 'ASC'} LIMIT 1`;
  const beyond = latest ? 'AND open_time < span.open_time' : `AND open_time >= ${closeOf('span.open_time')}`;
  const priceAt = (price: string, time: string) =>
    `(SELECT ${price} FROM candle WHERE ${ofPart} AND open_time = added.${time}) AS ${price}`;
  return `
WITH RECURSIVE span (open_time) AS (
  (${nearest('')})
  UNION ALL
  SELECT (${nearest(beyond)}) FROM span WHERE span.open_time IS NOT NULL
), shown AS (
  SELECT open_time FROM span WHERE open_time IS NOT NULL LIMIT $4::int
)
SELECT shown.open_time AS "openTime", ${prices('whole')}, ${rest('whole')}
FROM shown
CROSS JOIN LATERAL (
  SELECT ${priceAt('open', 'first_open')}, added.high, added.low, ${priceAt('close', 'last_open')},
    added.tick_count, added.first_at, added.last_at
  FROM (
    SELECT max(high) AS high, min(low) AS low, LEAST(sum(tick_count), 2147483647)::int AS tick_count,
      min(first_at) AS first_at, max(last_at) AS last_at, min(open_time) AS first_open, max(open_time) AS last_open
    FROM candle
    WHERE ${ofPart} AND open_time >= shown.open_time AND open_time < ${closeOf('shown.open_time')}
  ) AS added
) AS whole
ORDER BY shown.open_time`;
}
