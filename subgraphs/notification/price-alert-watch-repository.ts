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
   * runs in the same transaction, for those that have fired, ordered by user.
   * @returns the ids that were written; the others have been changed by somebody else, or are over
   */
  write(
    tick: { sequence: number; time: number },
    changes: readonly AlertChange[],
    options: { now: Date; onFired: (transaction: SqlClient, fired: FiredAlert) => Promise<void> },
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
          const values = (kind: AlertChange['kind']) => {
            const ofKind = changes.filter((change) => change.kind === kind);
            return [ofKind.map(({ id }) => id), ofKind.map(({ from }) => from), tick.sequence, now.toISOString()];
          };
          const armed = await transaction.$queryRawUnsafe<{ id: string }[]>(armSql, ...values('ARMED'));
          const fired = await transaction.$queryRawUnsafe<FiredAlert[]>(
            fireSql,
            ...values('FIRED'),
            new Date(tick.time).toISOString(),
          );
          // A recipient's inbox stays locked until the end: always in the same order, so that nobody waits for each other.
          for (const alert of fired.toSorted((one, other) => (one.userId < other.userId ? -1 : 1))) {
            await onFired(transaction, alert);
          }
          return new Set([...armed, ...fired].map(({ id }) => id));
        },
        { timeout: 30_000, maxWait: 10_000 },
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
 * Alerts that stand as they stood when the tick was judged, locked in the order of their ids: $1 ids, $2 the ticks of their
 * states, $4 now. Whoever comes second finds them changed, and changes nothing.
 */
const unchangedSql = `SELECT price_alert.id FROM price_alert
  JOIN unnest($1::uuid[], $2::bigint[]) AS judged(id, state_sequence) USING (id, state_sequence)
  WHERE status = 'ACTIVE' AND state_sequence < $3::bigint AND (expires_at IS NULL OR expires_at > $4::timestamptz)
  ORDER BY price_alert.id FOR UPDATE OF price_alert`;

const armSql = `WITH unchanged AS (${unchangedSql})
  UPDATE price_alert SET is_armed = true, state_sequence = $3::bigint
  FROM unchanged WHERE price_alert.id = unchanged.id RETURNING price_alert.id::text`;

const fireSql = `WITH unchanged AS (${unchangedSql})
  UPDATE price_alert
  SET is_armed = false, state_sequence = $3::bigint, trigger_count = trigger_count + 1,
    last_triggered_sequence = $3::bigint, last_triggered_at = $5::timestamptz,
    status = CASE repeat WHEN 'ONCE' THEN 'TRIGGERED' ELSE status END
  FROM unchanged WHERE price_alert.id = unchanged.id
  RETURNING price_alert.id::text, user_id AS "userId", condition, threshold::text, unit, fineness::text, channels, note`;
