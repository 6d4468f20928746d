import type { SqlClient } from '#shared/database.ts';
import { midOf } from '#shared/ticks/tick.ts';
import { closeTimeOf } from '../domain/candle-interval.ts';
import type { StoredInterval } from '../domain/stored-interval.ts';

export type PriceQuestion = { symbol: string; at: number };

/** What a stored candle ended with: decimals as text, of the bases that are known; times in epoch milliseconds. */
export type PastCloses = {
  bid: string | null;
  ask: string | null;
  mid: string | null;
  closeTime: number;
  /** When its last tick moved, or its end where it was imported. */
  lastAt: number;
};

/** A mid price, or the one that is known where there is no mid, and since when it held. */
export type PriceBefore = { mid: string; since: number };

export type PastPriceRepository = {
  /**
   * For each question the closes of the stored candle that had ended by an instant and reached closest to it: the
   * shortest of those that end with the same price. In the order of the questions.
   */
  closesBefore(questions: readonly PriceQuestion[]): Promise<(PastCloses | undefined)[]>;
  /**
   * For each question the mid price at an instant, to the minute: the close of the last candle that had ended by then, or
   * the oldest price known since, with its time, where the history is shorter. In the order of the questions.
   */
  pricesBefore(questions: readonly PriceQuestion[]): Promise<(PriceBefore | undefined)[]>;
};

export function createPastPriceRepository(sql: SqlClient): PastPriceRepository {
  async function closesBefore(questions: readonly PriceQuestion[]): Promise<(PastCloses | undefined)[]> {
    const rows = await sql.$queryRawUnsafe<ClosesRow[]>(
      closesBeforeSql,
      questions.map(({ symbol }) => symbol),
      questions.map(({ at }) => String(at)),
    );
    return inOrder(questions, rows, ({ bid, ask, mid, interval, openTime, lastAt }) => ({
      bid,
      ask,
      mid,
      closeTime: closeTimeOf(interval, openTime.getTime()),
      lastAt: lastAt.getTime(),
    }));
  }

  async function oldestPrices(questions: readonly PriceQuestion[]): Promise<(PriceBefore | undefined)[]> {
    const rows = await sql.$queryRawUnsafe<{ place: number; mid: string; since: Date }[]>(
      oldestPricesSql,
      questions.map(({ symbol }) => symbol),
      questions.map(({ at }) => String(at)),
    );
    return inOrder(questions, rows, ({ mid, since }) => ({ mid, since: since.getTime() }));
  }

  return {
    closesBefore,
    async pricesBefore(questions) {
      const closes = await closesBefore(questions);
      const early = questions.filter((question, index) => !isRecent(closes[index], question));
      const oldest = early.length > 0 ? await oldestPrices(early) : [];
      return questions.map((question, index) => {
        const known = closes[index];
        return isRecent(known, question)
          ? { mid: closestToMid(known), since: question.at }
          : oldest[early.indexOf(question)];
      });
    },
  };
}

/** A weekend with holidays before and behind it lies within this time; a price from before is no price of the instant. */
const recentMs = 4 * 86_400_000;

function isRecent(closes: PastCloses | undefined, { at }: PriceQuestion): closes is PastCloses {
  return closes !== undefined && closes.lastAt >= at - recentMs;
}

/** The middle where it is known or can be made; an imported history may have one side only. */
function closestToMid({ bid, ask, mid }: PastCloses): string {
  return mid ?? (bid !== null && ask !== null ? midOf({ bid, ask }).toFixed() : (bid ?? ask)!);
}

function inOrder<Row extends { place: number }, Answer>(
  questions: readonly PriceQuestion[],
  rows: readonly Row[],
  answerOf: (row: Row) => Answer,
): (Answer | undefined)[] {
  const answers = new Map(rows.map((row) => [row.place, answerOf(row)]));
  return questions.map((_question, index) => answers.get(index + 1));
}

type ClosesRow = Pick<PastCloses, 'bid' | 'ask' | 'mid'> & {
  place: number;
  interval: StoredInterval;
  openTime: Date;
  lastAt: Date;
};

const closeOf = (basis: string) => `
  (SELECT trim_scale(close)::text FROM candle WHERE symbol = question.symbol AND basis = '${basis}'
   AND interval = span.interval AND open_time = span.open_time) AS ${basis.toLowerCase()}`;

/** A candle that was added up from shorter ones ends with the last of them: in the same minute the shortest counts. */
const closesBeforeSql = `
SELECT question.place::int AS place, span.interval, span.open_time AS "openTime", span.last_at AS "lastAt",
  ${['BID', 'ASK', 'MID'].map(closeOf).join(',')}
FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS question (symbol, at, place)
CROSS JOIN LATERAL (
  SELECT newest.interval, newest.open_time, newest.last_at
  FROM (VALUES ('MINUTE_1'::stored_interval, 'minute'), ('HOUR_1', 'hour'), ('DAY_1', 'day'), ('MONTH_1', 'month'))
    AS stored (interval, unit)
  CROSS JOIN unnest(enum_range(NULL::candle_basis)) AS known (basis)
  CROSS JOIN LATERAL (
    SELECT candle.interval, open_time, last_at FROM candle
    WHERE symbol = question.symbol AND basis = known.basis AND interval = stored.interval
      AND open_time < date_trunc(stored.unit, to_timestamp(question.at::float8 / 1000), 'UTC')
    ORDER BY open_time DESC LIMIT 1
  ) AS newest
  ORDER BY date_trunc('minute', newest.last_at) DESC, newest.interval, newest.last_at DESC LIMIT 1
) AS span`;

/** The bases are in the order in which they are preferred. */
const oldestPricesSql = `
SELECT question.place::int AS place, trim_scale(oldest.open)::text AS mid, oldest.open_time AS since
FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS question (symbol, at, place)
CROSS JOIN LATERAL (
  SELECT first.open, first.open_time
  FROM unnest(enum_range(NULL::candle_basis)) AS known (basis)
  CROSS JOIN LATERAL (
    SELECT basis, open, open_time FROM candle
    WHERE symbol = question.symbol AND basis = known.basis AND interval = 'MINUTE_1'
      AND open_time >= to_timestamp(question.at::float8 / 1000)
    ORDER BY open_time LIMIT 1
  ) AS first
  ORDER BY first.open_time, first.basis LIMIT 1
) AS oldest`;
