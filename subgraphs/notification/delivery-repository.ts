import type { SqlClient } from '#shared/database.ts';
import type { NextStep } from './domain/delivery.ts';
import type { Category, Channel } from './domain/preference.ts';

/** A delivery that is due, with what it carries; `createdAt` is epoch milliseconds. */
export type DueDelivery = {
  id: string;
  recipientId: string;
  channel: Exclude<Channel, 'IN_APP'>;
  attempts: number;
  createdAt: number;
  lastError: string | null;
  /** It was held back to become part of a digest. */
  isForDigest: boolean;
  category: Category;
  kind: string;
  data: unknown;
};

/** What a digest shows of a notification. */
export type DigestEntry = { title: string; body: string };

/** How an attempt ended. Times are instants. */
export type Outcome =
  | { status: 'SENT' | 'RECORDED'; at: Date; providerId: string | null }
  | { status: 'QUEUED'; dueAt: Date; error: string }
  | { status: 'FAILED'; at: Date; error: string }
  | { status: 'SUPPRESSED'; error: string };

export type DeliveryRepository = {
  /** Deliveries to be looked at, those that wait longest first; of those in a digest only the one that carries it. */
  due(now: Date, limit: number): Promise<{ id: string; attempts: number }[]>;
  /** Locks a due delivery, and its recipient's deliveries as `lockDeliveries` does; `undefined` when it is not due (any more). */
  lockDue(id: string, now: Date): Promise<DueDelivery | undefined>;
  /** Begins an attempt: nobody else begins one before `leaseEnd`. */
  begin(id: string, leaseEnd: Date): Promise<void>;
  /** Takes the other deliveries that wait for a digest by the same channel into this one's. They are locked. */
  gather(digest: DueDelivery): Promise<void>;
  /** What a digest carries, in the order in which it was told; only the delivery's own notification where it is none. */
  entries(id: string): Promise<DigestEntry[]>;
  /** Lets a due delivery wait, or ends it, without an attempt. */
  settle(id: string, step: Exclude<NextStep, { do: 'SEND' }>, now: Date): Promise<void>;
  /** Ends an attempt, unless it took so long that another was begun. @returns whether it was still this attempt's to end */
  end(id: string, attempt: number, outcome: Outcome): Promise<boolean>;
};

/** A delivery and those that it carries in its digest, which go wherever it goes. */
const withCarried = '(id = $1::uuid OR digest_id = $1::uuid)';

const lockOf = (userId: string) => `pg_advisory_xact_lock(hashtextextended('deliveries ' || ${userId}, 0))`;

/**
 * Makes whatever changes several deliveries of a user wait for each other until the end of the transaction. The inbox is not
 * locked: deliveries that are on their way do not keep new entries waiting, of which there may be thousands at one price.
 */
export async function lockDeliveries(transaction: SqlClient, userId: string): Promise<void> {
  await transaction.$executeRawUnsafe(`SELECT ${lockOf('$1')}`, userId);
}

/** Deliveries on their way, in PostgreSQL. `database` must be a transaction for what locks. */
export function createDeliveryRepository(database: SqlClient): DeliveryRepository {
  return {
    due: (now, limit) =>
      database.$queryRawUnsafe<{ id: string; attempts: number }[]>(
        `SELECT id::text, attempts FROM delivery
         WHERE due_at IS NOT NULL AND due_at <= $1::timestamptz AND digest_id IS NULL ORDER BY due_at LIMIT $2`,
        now.toISOString(),
        limit,
      ),
    async lockDue(id, now) {
      await database.$executeRawUnsafe(`SELECT ${lockOf('recipient_id')} FROM delivery WHERE id = $1::uuid`, id);
      const [due] = await database.$queryRawUnsafe<DueDelivery[]>(
        `SELECT delivery.id::text, delivery.recipient_id AS "recipientId", channel, attempts, last_error AS "lastError",
           (extract(epoch FROM delivery.created_at) * 1000)::float8 AS "createdAt",
           waits_for IS NOT DISTINCT FROM 'DIGEST' AS "isForDigest", category, kind, data
         FROM delivery JOIN notification ON notification.id = notification_id
         WHERE delivery.id = $1::uuid AND digest_id IS NULL AND due_at <= $2::timestamptz FOR UPDATE OF delivery`,
        id,
        now.toISOString(),
      );
      return due;
    },
    async begin(id, leaseEnd) {
      await database.$executeRawUnsafe(
        `UPDATE delivery SET status = 'SENDING', attempts = attempts + 1, due_at = $2::timestamptz, waits_for = NULL
         WHERE ${withCarried}`,
        id,
        leaseEnd.toISOString(),
      );
    },
    async gather({ id, recipientId, channel }) {
      await database.$executeRawUnsafe(
        `WITH taken AS (
           SELECT id FROM delivery WHERE recipient_id = $2 AND channel = $3 AND status = 'QUEUED'
             AND waits_for = 'DIGEST' AND digest_id IS NULL AND id <> $1::uuid
         ) UPDATE delivery SET digest_id = $1::uuid
           WHERE id IN (SELECT id FROM taken) OR digest_id IN (SELECT id FROM taken)`,
        id,
        recipientId,
        channel,
      );
    },
    entries: (id) =>
      database.$queryRawUnsafe<DigestEntry[]>(
        `SELECT title, body FROM notification WHERE id IN (SELECT notification_id FROM delivery WHERE ${withCarried})
         ORDER BY sequence`,
        id,
      ),
    async settle(id, step, now) {
      const [status, dueAt, waitsFor, reason] =
        step.do === 'WAIT'
          ? ['QUEUED', new Date(step.until), step.for, null]
          : [step.do === 'SUPPRESS' ? 'SUPPRESSED' : 'FAILED', null, null, step.reason];
      await database.$executeRawUnsafe(
        `UPDATE delivery SET status = $2, due_at = $3::timestamptz, waits_for = $4, last_error = coalesce($5, last_error),
           failed_at = CASE WHEN $2 = 'FAILED' THEN $6::timestamptz END
         WHERE ${withCarried}`,
        id,
        status,
        dueAt?.toISOString() ?? null,
        waitsFor,
        reason,
        now.toISOString(),
      );
    },
    async end(id, attempt, outcome) {
      const isSent = outcome.status === 'SENT' || outcome.status === 'RECORDED';
      const ended = await database.$executeRawUnsafe(
        `UPDATE delivery SET status = $3, sent_at = $4::timestamptz, failed_at = $5::timestamptz, due_at = $6::timestamptz,
           last_error = $7, provider_id = $8
         WHERE ${withCarried} AND EXISTS (
           SELECT 1 FROM delivery AS own WHERE own.id = $1::uuid AND own.status = 'SENDING' AND own.attempts = $2)`,
        id,
        attempt,
        outcome.status,
        isSent ? outcome.at.toISOString() : null,
        outcome.status === 'FAILED' ? outcome.at.toISOString() : null,
        outcome.status === 'QUEUED' ? outcome.dueAt.toISOString() : null,
        'error' in outcome ? outcome.error : null,
        'providerId' in outcome ? outcome.providerId : null,
      );
      return ended > 0;
    },
  };
}
