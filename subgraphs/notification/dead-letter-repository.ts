import type { SqlClient } from '#shared/database.ts';
import type { Delivery } from './domain/delivery.ts';
import type { Channel } from './domain/preference.ts';
import { deliveryColumns } from './inbox-repository.ts';

/** A delivery that has failed for good. */
export type DeadLetter = {
  id: string;
  notificationId: string;
  recipientId: string;
  channel: Channel;
  reason: string;
  failedAt: Date;
  attempts: number;
};

/** What a channel without credentials would have sent; `id` is that of the delivery. */
export type RecordedMessage = {
  id: string;
  channel: Channel;
  recipientId: string;
  addresses: string[];
  title: string;
  text: string;
  recordedAt: Date;
};

/** Where a page of a list, the newest first, continues: behind this instant and id. */
export type TimePlace = { at: Date; id: string };

export type DeadLetterRepository = {
  list(limit: number, behind: TimePlace | undefined): Promise<DeadLetter[]>;
  recorded(limit: number, behind: TimePlace | undefined): Promise<RecordedMessage[]>;
  count(): Promise<number>;
  /** Queues a dead letter, and what its digest carries, with all attempts before it. @returns whether it was one */
  requeue(id: string, now: Date): Promise<boolean>;
  find(id: string): Promise<Delivery | undefined>;
};

/** What operators look after, in PostgreSQL. */
export function createDeadLetterRepository(database: SqlClient): DeadLetterRepository {
  const place = (behind: TimePlace | undefined) => [behind?.at.toISOString() ?? null, behind?.id ?? null];
  return {
    list: (limit, behind) =>
      database.$queryRawUnsafe<DeadLetter[]>(
        `SELECT id::text, notification_id::text AS "notificationId", recipient_id AS "recipientId", channel,
           coalesce(last_error, '') AS reason, failed_at AS "failedAt", attempts
         FROM delivery WHERE status = 'FAILED' AND digest_id IS NULL
           AND ($1::timestamptz IS NULL OR (failed_at, delivery.id) < ($1::timestamptz, $2::uuid))
         ORDER BY failed_at DESC, delivery.id DESC LIMIT $3`,
        ...place(behind),
        limit,
      ),
    recorded: (limit, behind) =>
      database.$queryRawUnsafe<RecordedMessage[]>(
        `SELECT delivery_id::text AS id, channel, recipient_id AS "recipientId", addresses, title, text,
           recorded_at AS "recordedAt"
         FROM recorded_message
         WHERE $1::timestamptz IS NULL OR (recorded_at, delivery_id) < ($1::timestamptz, $2::uuid)
         ORDER BY recorded_at DESC, delivery_id DESC LIMIT $3`,
        ...place(behind),
        limit,
      ),
    async count() {
      const [row] = await database.$queryRawUnsafe<{ count: number }[]>(
        `SELECT count(*)::int AS count FROM delivery WHERE status = 'FAILED' AND digest_id IS NULL`,
      );
      return row!.count;
    },
    async requeue(id, now) {
      // One statement for the digest and what it carries, which are taken up together.
      const requeued = await database.$executeRawUnsafe(
        `UPDATE delivery SET status = 'QUEUED', attempts = 0, due_at = $2::timestamptz, failed_at = NULL
         WHERE status = 'FAILED' AND ((id = $1::uuid AND digest_id IS NULL) OR digest_id = $1::uuid)`,
        id,
        now.toISOString(),
      );
      return requeued > 0;
    },
    async find(id) {
      const [row] = await database.$queryRawUnsafe<Delivery[]>(
        `SELECT ${deliveryColumns} FROM delivery WHERE id = $1::uuid`,
        id,
      );
      return row;
    },
  };
}
