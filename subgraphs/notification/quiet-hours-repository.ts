import type { SqlClient } from '#shared/database.ts';
import { lockDeliveries } from './delivery-repository.ts';
import type { QuietHours } from './domain/quiet-hours.ts';

export type QuietHoursRepository = {
  find(userId: string): Promise<QuietHours | undefined>;
  save(userId: string, hours: QuietHours): Promise<void>;
  /** @returns whether there were any */
  remove(userId: string): Promise<boolean>;
  /** Has everything that quiet hours hold back looked at again now. */
  releaseHeld(userId: string, now: Date): Promise<void>;
};

/** Quiet hours in PostgreSQL. `database` may be a transaction, and must be one to release what is held. */
export function createQuietHoursRepository(database: SqlClient): QuietHoursRepository {
  return {
    async find(userId) {
      const [row] = await database.$queryRawUnsafe<QuietHours[]>(
        `SELECT time_zone AS "timeZone", from_time AS "from", to_time AS "to", behaviour FROM quiet_hours WHERE user_id = $1`,
        userId,
      );
      return row;
    },
    async save(userId, { timeZone, from, to, behaviour }) {
      await database.$executeRawUnsafe(
        `INSERT INTO quiet_hours (user_id, time_zone, from_time, to_time, behaviour) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (user_id) DO UPDATE SET time_zone = excluded.time_zone, from_time = excluded.from_time,
           to_time = excluded.to_time, behaviour = excluded.behaviour`,
        userId,
        timeZone,
        from,
        to,
        behaviour,
      );
    },
    async remove(userId) {
      return (await database.$executeRawUnsafe(`DELETE FROM quiet_hours WHERE user_id = $1`, userId)) > 0;
    },
    async releaseHeld(userId, now) {
      await lockDeliveries(database, userId);
      await database.$executeRawUnsafe(
        `UPDATE delivery SET due_at = $2::timestamptz
         WHERE recipient_id = $1 AND status = 'QUEUED' AND waits_for IN ('QUIET_HOURS', 'DIGEST')`,
        userId,
        now.toISOString(),
      );
    },
  };
}
