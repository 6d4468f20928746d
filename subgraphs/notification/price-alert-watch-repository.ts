import type { SqlClient, TransactionalClient } from '#shared/database.ts';
import { decimal } from '#shared/decimal.ts';
import type { WeightUnit } from '#shared/weight.ts';
import type { AlertChange, WatchedAlert } from './domain/alert-book.ts';
import { alertLevelsOf, type PriceAlertCondition } from './domain/alert-levels.ts';
import type { Channel } from './domain/preference.ts';

/** How far the ticks of a symbol have been judged: up to `sequence`, for its first `coveredCount` alerts. */
export type AlertPosition = { sequence: number; coveredCount: number; alertCount: number };

/** An alert that has fired, with what its message needs. */
export type FiredAlert = {
  id: string;
  userId: string;
  condition: PriceAlertCondition;
  threshold: string;
  unit: WeightUnit;
  fineness: string;
  channels: Channel[];
  note: string | null;
};

export type PriceAlertWatchRepository = {
  /** Every symbol that there ever was an alert on. */
  symbols(): Promise<string[]>;
  position(symbol: string): Promise<AlertPosition>;
  /** Active alerts of a symbol whose number is above `behind` and at most `upTo`, by number, at most `limit`. */
  alerts(
    symbol: string,
    range: { behind: number; upTo: number; limit: number },
  ): Promise<(WatchedAlert & { number: number })[]>;
  /** Active alerts by id. */
  byIds(ids: readonly string[]): Promise<WatchedAlert[]>;
  /**
   * Writes what a tick has done to alerts, each only where it still stands as it stood when the tick was judged; `onFired`
   * runs in the same transaction, once, with those that have fired, the oldest alert first.
   * @returns the ids that were written; the others have been changed by somebody else, or are over
   */
  write(
    tick: { sequence: number; time: number },
    changes: readonly AlertChange[],
    options: { now: Date; onFired: (transaction: SqlClient, fired: FiredAlert[]) => Promise<void> },
  ): Promise<Set<string>>;
  /** Moves a position forward; nothing happens where another worker's is ahead in any respect. */
  savePosition(symbol: string, position: { sequence: number; coveredCount: number }): Promise<void>;
  /** Ends active alerts whose time is over. @returns them */
  expire(now: Date): Promise<{ id: string; symbol: string }[]>;
};

const expiredAtOnce = 1_000;

/** Alerts in PostgreSQL as the worker watches them. */
export function createPriceAlertWatchRepository<Transaction extends SqlClient>(options: {
  database: TransactionalClient<Transaction>;
  /** See `alertLevelsOf`. */
  hysteresisBps: number;
}): PriceAlertWatchRepository {
  const { database, hysteresisBps } = options;
  const toWatched = (row: WatchedRow) => ({
    id: row.id,
    number: Number(row.number),
    condition: row.condition,
    levels: alertLevelsOf(
      { ...row, threshold: decimal(row.threshold), fineness: decimal(row.fineness) },
      hysteresisBps,
    ),
    isRecurring: row.repeat === 'RECURRING',
    isArmed: row.is_armed,
    hasFired: row.trigger_count > 0,
    stateSequence: Number(row.state_sequence),
  });
  return {
    async symbols() {
      const rows = await database.$queryRawUnsafe<{ symbol: string }[]>(`SELECT symbol FROM alert_position`);
      return rows.map(({ symbol }) => symbol);
    },
    async position(symbol) {
      const [row] = await database.$queryRawUnsafe<Record<'sequence' | 'covered' | 'count', bigint>[]>(
        `SELECT sequence, covered_count AS covered, alert_count AS count FROM alert_position WHERE symbol = $1`,
        symbol,
      );
      const { sequence = 0, covered = 0, count = 0 } = row ?? {};
      return { sequence: Number(sequence), coveredCount: Number(covered), alertCount: Number(count) };
    },
    async alerts(symbol, { behind, upTo, limit }) {
      const rows = await database.$queryRawUnsafe<WatchedRow[]>(
        `SELECT ${watchedColumns} FROM price_alert
         WHERE symbol = $1 AND ${isWatched} AND number > $2::bigint AND number <= $3::bigint
         ORDER BY number LIMIT ${Math.trunc(limit)}`,
        symbol,
        behind,
        upTo,
      );
      return rows.map(toWatched);
    },
    async byIds(ids) {
      const rows = await database.$queryRawUnsafe<WatchedRow[]>(
        `SELECT ${watchedColumns} FROM price_alert WHERE id = ANY($1::uuid[]) AND ${isWatched}`,
        ids,
      );
      return rows.map(toWatched);
    },
    write: (tick, changes, { now, onFired }) =>
      database.$transaction(
        async (transaction) => {
          const written = await transaction.$queryRawUnsafe<(FiredAlert & { hasFired: boolean })[]>(
            writeSql,
            changes.map(({ id }) => id),
            changes.map(({ from }) => from),
            changes.map(({ kind }) => kind === 'FIRED'),
            tick.sequence,
            now.toISOString(),
            new Date(tick.time).toISOString(),
          );
          const fired = written.filter(({ hasFired }) => hasFired);
          await onFired(
            transaction,
            fired.toSorted((one, other) => (one.id < other.id ? -1 : 1)),
          );
          return new Set(written.map(({ id }) => id));
        },
        { timeout: 30_000 },
      ),
    async savePosition(symbol, { sequence, coveredCount }) {
      await database.$executeRawUnsafe(
        `UPDATE alert_position SET sequence = $2::bigint, covered_count = $3::bigint
         WHERE symbol = $1 AND sequence <= $2::bigint AND covered_count <= $3::bigint
           AND (sequence < $2::bigint OR covered_count < $3::bigint)`,
        symbol,
        sequence,
        coveredCount,
      );
    },
    expire: (now) =>
      database.$queryRawUnsafe<{ id: string; symbol: string }[]>(
        `UPDATE price_alert SET status = 'EXPIRED' WHERE id = ANY(ARRAY(
           SELECT id FROM price_alert WHERE status = 'ACTIVE' AND expires_at <= $1::timestamptz
           ORDER BY id LIMIT ${expiredAtOnce} FOR UPDATE))
         RETURNING id::text, symbol`,
        now.toISOString(),
      ),
  };
}

const watchedColumns = `id::text, number, condition, threshold::text, unit, fineness::text, repeat, is_armed, trigger_count,
  state_sequence`;

/** One whose time is over does not fire any more, also before it is marked as expired. */
const isWatched = `status = 'ACTIVE' AND (expires_at IS NULL OR expires_at > now())`;

type WatchedRow = {
  id: string;
  number: bigint;
  condition: PriceAlertCondition;
  threshold: string;
  unit: WeightUnit;
  fineness: string;
  repeat: 'ONCE' | 'RECURRING';
  is_armed: boolean;
  trigger_count: number;
  state_sequence: bigint;
};

/**
 * Arms alerts, or lets them fire, that stand as they stood when the tick was judged: $1 ids, $2 the ticks of their states,
 * $3 whether they fire, $4 the tick, $5 now, $6 the tick's time. They are locked in the order of their ids; whoever comes
 * second finds them changed, and changes nothing.
 */
const writeSql = `WITH unchanged AS (
    SELECT price_alert.id, fires FROM price_alert
    JOIN unnest($1::uuid[], $2::bigint[], $3::boolean[]) AS judged(id, state_sequence, fires) USING (id, state_sequence)
    WHERE status = 'ACTIVE' AND state_sequence < $4::bigint AND (expires_at IS NULL OR expires_at > $5::timestamptz)
    ORDER BY price_alert.id FOR UPDATE OF price_alert
  )
  UPDATE price_alert
  SET is_armed = NOT fires, state_sequence = $4::bigint, trigger_count = trigger_count + fires::int,
    last_triggered_sequence = CASE WHEN fires THEN $4::bigint ELSE last_triggered_sequence END,
    last_triggered_at = CASE WHEN fires THEN $6::timestamptz ELSE last_triggered_at END,
    status = CASE WHEN fires AND repeat = 'ONCE' THEN 'TRIGGERED' ELSE status END
  FROM unchanged WHERE price_alert.id = unchanged.id
  RETURNING price_alert.id::text, user_id AS "userId", condition, threshold::text, unit, fineness::text, channels, note,
    fires AS "hasFired"`;
