import type { SqlClient } from '#shared/database.ts';
import type { CandleInterval } from './domain/candle-interval.ts';

/** The mid prices of one span: decimals as text, times in epoch milliseconds. */
export type CandleRow = { openTime: number; open: string; high: string; low: string; close: string; tickCount: number };

export type CandleRepository = {
  /**
   * Up to `count` candles of an interval, oldest first, which open in [from, to): the first ones, or the last ones where
   * `latest` is set. Both bounds must be opening times of the interval; a missing one is open.
   */
  candles(query: {
    symbol: string;
    interval: CandleInterval;
    from: number | undefined;
    to: number | undefined;
    count: number;
    latest: boolean;
  }): Promise<CandleRow[]>;
  /**
   * For each question the mid price at an instant, to the minute: the close of the last candle that had ended by then, or
   * the oldest price known, with its time, where the history is shorter. In the order of the questions.
   */
  pricesBefore(questions: readonly PriceQuestion[]): Promise<(PriceBefore | undefined)[]>;
};

export type PriceQuestion = { symbol: string; at: number };
export type PriceBefore = { mid: string; since: number };

/** Lengths for date_bin. Hours rather than days: a day of an interval may be 23 hours long in the session's time zone. */
const lengths: Record<Exclude<CandleInterval, 'MONTH_1'>, string> = {
  MINUTE_1: '1 minute',
  MINUTE_5: '5 minutes',
  MINUTE_15: '15 minutes',
  MINUTE_30: '30 minutes',
  HOUR_1: '1 hour',
  HOUR_4: '4 hours',
  DAY_1: '24 hours',
  WEEK_1: '168 hours',
};

export function createCandleRepository(sql: SqlClient): CandleRepository {
  return {
    async candles({ symbol, interval, from, to, count, latest }) {
      const rows = await sql.$queryRawUnsafe<(Omit<CandleRow, 'openTime'> & { openTime: Date })[]>(
        candlesSql(interval, latest),
        symbol,
        from === undefined ? '-infinity' : new Date(from).toISOString(),
        to === undefined ? 'infinity' : new Date(to).toISOString(),
        count,
      );
      return rows.map((row) => ({ ...row, openTime: row.openTime.getTime() }));
    },
    async pricesBefore(questions) {
      const rows = await sql.$queryRawUnsafe<{ place: number; mid: string; since: Date }[]>(
        pricesBeforeSql,
        questions.map(({ symbol }) => symbol),
        questions.map(({ at }) => new Date(at).toISOString()),
      );
      const answers = new Map(rows.map(({ place, mid, since }) => [place, { mid, since: since.getTime() }]));
      return questions.map((_question, index) => answers.get(index + 1));
    },
  };
}

/**
 * Walks from candle to candle by the primary key, one index lookup each, and adds up the minutes of just those that are
 * asked for: the time taken depends on what is shown and not on how much history there is.
 */
function candlesSql(interval: CandleInterval, latest: boolean): string {
  const openOf = (time: string) =>
    interval === 'MONTH_1'
      ? `date_trunc('month', ${time}, 'UTC')`
      : `date_bin('${lengths[interval]}', ${time}, '1970-01-05T00:00:00Z')`;
  const closeOf = (time: string) =>
    interval === 'MONTH_1'
      ? `(date_trunc('month', ${time} AT TIME ZONE 'UTC') + interval '1 month') AT TIME ZONE 'UTC'`
      : `${time} + interval '${lengths[interval]}'`;
  const nearest = (bound: string) => `
    SELECT ${openOf('open_time')} FROM minute_candle
    WHERE symbol = $1 AND open_time >= $2::timestamptz AND open_time < $3::timestamptz ${bound}
    ORDER BY open_time ${latest ? 'DESC' : 'ASC'} LIMIT 1`;
  const beyond = latest ? 'AND open_time < span.open_time' : `AND open_time >= ${closeOf('span.open_time')}`;
  const priceAt = (price: string, time: string) =>
    `(SELECT trim_scale(${price})::text FROM minute_candle WHERE symbol = $1 AND open_time = whole.${time})`;
  return `
WITH RECURSIVE span (open_time) AS (
  (${nearest('')})
  UNION ALL
  SELECT (${nearest(beyond)}) FROM span WHERE span.open_time IS NOT NULL
), shown AS (
  SELECT open_time FROM span WHERE open_time IS NOT NULL LIMIT $4::int
)
SELECT shown.open_time AS "openTime", ${priceAt('open', 'first_time')} AS open, trim_scale(whole.high)::text AS high,
  trim_scale(whole.low)::text AS low, ${priceAt('close', 'last_time')} AS close, whole.tick_count AS "tickCount"
FROM shown
CROSS JOIN LATERAL (
  SELECT max(high) AS high, min(low) AS low, sum(tick_count)::int AS tick_count,
    min(open_time) AS first_time, max(open_time) AS last_time
  FROM minute_candle
  WHERE symbol = $1 AND open_time >= shown.open_time AND open_time < ${closeOf('shown.open_time')}
) AS whole
ORDER BY shown.open_time`;
}

const pricesBeforeSql = `
SELECT question.place::int AS place, trim_scale(known.mid)::text AS mid, known.since
FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS question (symbol, at, place)
CROSS JOIN LATERAL (
  (SELECT close AS mid, question.at::timestamptz AS since FROM minute_candle
   WHERE symbol = question.symbol AND open_time <= question.at::timestamptz - interval '1 minute'
   ORDER BY open_time DESC LIMIT 1)
  UNION ALL
  (SELECT open, open_time FROM minute_candle
   WHERE symbol = question.symbol AND open_time > question.at::timestamptz - interval '1 minute'
   ORDER BY open_time LIMIT 1)
  LIMIT 1
) AS known`;
