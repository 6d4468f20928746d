import type { SqlClient } from '#shared/database.ts';
import { lockDeliveries } from './delivery-repository.ts';

/** Whom messages are sent to. `phone` is E.164, `locale` BCP 47. */
export type Recipient = {
  userId: string;
  version: number;
  email: string;
  name: string | null;
  locale: string;
  phone: string | null;
};

export type RecipientRepository = {
  /** What is known of a user; `undefined` when no event has told of them yet. */
  find(userId: string): Promise<Recipient | undefined>;
  /** What is known of users, by their ids; those of whom no event has told yet are missing. */
  findAll(userIds: readonly string[]): Promise<Map<string, Recipient>>;
  /** Keeps what an event tells, unless a newer one was there before it. Deliveries that wait for the recipient are due now. */
  keepNewest(recipient: Recipient, now: Date): Promise<void>;
};

/** Recipients in PostgreSQL. `database` may be a transaction, and must be one to keep what an event tells. */
export function createRecipientRepository(database: SqlClient): RecipientRepository {
  async function findAll(userIds: readonly string[]): Promise<Map<string, Recipient>> {
    const rows = await database.$queryRawUnsafe<Recipient[]>(
      `SELECT user_id AS "userId", version, email, name, locale, phone FROM recipient WHERE user_id = ANY($1::text[])`,
      userIds,
    );
    return new Map(rows.map((recipient) => [recipient.userId, recipient]));
  }

  return {
    find: async (userId) => (await findAll([userId])).get(userId),
    findAll,
    async keepNewest({ userId, version, email, name, locale, phone }, now) {
      await database.$executeRawUnsafe(
        `INSERT INTO recipient (user_id, version, email, name, locale, phone) VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (user_id) DO UPDATE SET
           version = excluded.version, email = excluded.email, name = excluded.name, locale = excluded.locale,
           phone = excluded.phone
         WHERE recipient.version < excluded.version`,
        userId,
        version,
        email,
        name,
        locale,
        phone,
      );
      await lockDeliveries(database, userId);
      await database.$executeRawUnsafe(
        `UPDATE delivery SET due_at = $2::timestamptz, waits_for = NULL
         WHERE recipient_id = $1 AND status = 'QUEUED' AND waits_for = 'RECIPIENT'`,
        userId,
        now.toISOString(),
      );
    },
  };
}
