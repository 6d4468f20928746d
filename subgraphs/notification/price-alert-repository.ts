import { decimal } from '#shared/decimal.ts';
import type { SqlClient } from '#shared/database.ts';
import type { NewPriceAlert, PriceAlert } from './domain/price-alert.ts';

export type PriceAlertRepository = {
  /** Makes creations of one user wait for each other until the end of the transaction, so that none exceeds the limit. */
  lockUser(userId: string): Promise<void>;
  countActive(userId: string): Promise<number>;
  /**
   * Adds an active alert and notifies the channel `price_alert`. Its number is the next one of the symbol, which is locked
   * until the end of the transaction: whoever sees a number sees every lower one.
   * @param created the tick that it is created at, and whether the condition is met there
   * @returns its id
   */
  add(
    userId: string,
    alert: NewPriceAlert,
    created: { sequence: number; alreadyMet: boolean; now: Date },
  ): Promise<string>;
  /** Ends an alert of a user. @returns false where there is none that is not deleted yet */
  remove(userId: string, id: string): Promise<boolean>;
  find(id: string): Promise<PriceAlert | undefined>;
  /** A user's alerts that are not deleted, the newest first, at most `limit`, behind an id. */
  list(userId: string, limit: number, behind: string | undefined): Promise<PriceAlert[]>;
  /** Whether there ever was an alert on a symbol. */
  knowsSymbol(symbol: string): Promise<boolean>;
};

/** The channel on which workers hear of alerts: `created XAU-USD`, or `ended XAU-USD <id>`. */
export const priceAlertChannel = 'price_alert';

/** Alerts in PostgreSQL as their owners see them. `database` may be a transaction. */
export function createPriceAlertRepository(database: SqlClient): PriceAlertRepository {
  return {
    async lockUser(userId) {
      await database.$executeRawUnsafe(
        `SELECT pg_advisory_xact_lock(hashtextextended('price_alert ' || $1, 0))`,
        userId,
      );
    },
    async countActive(userId) {
      const [row] = await database.$queryRawUnsafe<{ count: number }[]>(
        `SELECT count(*)::int AS count FROM price_alert WHERE user_id = $1 AND status = 'ACTIVE'`,
        userId,
      );
      return row!.count;
    },
    async add(userId, alert, { sequence, alreadyMet, now }) {
      const [added] = await database.$queryRawUnsafe<{ id: string }[]>(
        addSql,
        userId,
        alert.symbol,
        alert.condition,
        alert.threshold.toFixed(),
        alert.unit,
        alert.fineness.toFixed(),
        alert.repeat,
        alert.channels ?? [],
        alert.note,
        alreadyMet,
        sequence,
        now.toISOString(),
        alert.expiresAt === null ? null : new Date(alert.expiresAt).toISOString(),
      );
      await tell(`created ${alert.symbol}`);
      return added!.id;
    },
    async remove(userId, id) {
      const [removed] = await database.$queryRawUnsafe<{ symbol: string }[]>(
        `UPDATE price_alert SET status = 'DELETED' WHERE id = $2::uuid AND user_id = $1 AND status <> 'DELETED'
         RETURNING symbol`,
        userId,
        id,
      );
      if (removed) await tell(`ended ${removed.symbol} ${id}`);
      return removed !== undefined;
    },
    async find(id) {
      const rows = await database.$queryRawUnsafe<PriceAlertRow[]>(
        `SELECT ${columns} FROM price_alert WHERE id = $1::uuid`,
        id,
      );
      return rows.map(toPriceAlert)[0];
    },
    async list(userId, limit, behind) {
      const rows = await database.$queryRawUnsafe<PriceAlertRow[]>(
        `SELECT ${columns} FROM price_alert
         WHERE user_id = $1 AND status <> 'DELETED' AND ($2::uuid IS NULL OR id < $2::uuid)
         ORDER BY id DESC LIMIT ${Math.trunc(limit)}`,
        userId,
        behind ?? null,
      );
      return rows.map(toPriceAlert);
    },
    async knowsSymbol(symbol) {
      const rows = await database.$queryRawUnsafe<unknown[]>(`SELECT 1 FROM alert_position WHERE symbol = $1`, symbol);
      return rows.length > 0;
    },
  };

  /** Heard when the transaction commits, and only then. */
  async function tell(message: string): Promise<void> {
    await database.$executeRawUnsafe(`SELECT pg_notify('${priceAlertChannel}', $1)`, message);
  }
}

const addSql = `WITH counted AS (
    INSERT INTO alert_position (symbol, alert_count) VALUES ($2, 1)
    ON CONFLICT (symbol) DO UPDATE SET alert_count = alert_position.alert_count + 1 RETURNING alert_count
  )
  INSERT INTO price_alert (user_id, symbol, number, condition, threshold, unit, fineness, repeat, channels, note,
    already_met, is_armed, created_sequence, state_sequence, created_at, expires_at)
  SELECT $1, $2, alert_count, $3, $4::numeric, $5, $6::numeric, $7, $8::text[], $9,
    $10::boolean, NOT $10::boolean, $11::bigint, $11::bigint, $12::timestamptz, $13::timestamptz
  FROM counted RETURNING id::text`;

const columns = `id::text, symbol, condition, threshold::text, unit, fineness::text, status, repeat, channels, note,
  already_met AS "alreadyMet", is_armed AS "isArmed", created_at AS "createdAt", expires_at AS "expiresAt",
  last_triggered_at AS "lastTriggeredAt", last_triggered_sequence AS "lastTriggeredSequence",
  trigger_count AS "triggerCount"`;

type PriceAlertRow = Omit<PriceAlert, 'threshold' | 'fineness' | 'channels' | 'lastTriggeredSequence'> & {
  threshold: string;
  fineness: string;
  channels: NonNullable<PriceAlert['channels']>;
  lastTriggeredSequence: bigint | null;
};

function toPriceAlert(row: PriceAlertRow): PriceAlert {
  return {
    ...row,
    threshold: decimal(row.threshold),
    fineness: decimal(row.fineness),
    channels: row.channels.length > 0 ? row.channels : null,
    lastTriggeredSequence: row.lastTriggeredSequence === null ? null : Number(row.lastTriggeredSequence),
  };
}
