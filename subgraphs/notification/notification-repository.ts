import type { SqlClient } from '#shared/database.ts';
import type { Category, Channel } from './domain/preference.ts';

type NewNotification = {
  recipientId: string;
  dedupeKey: string;
  category: Category;
  kind: string;
  title: string;
  body: string;
  data: unknown;
  now: Date;
};

export type NotificationRepository = {
  /**
   * Adds an entry to the recipient's inbox, with the next sequence, and locks the inbox until the end of the transaction:
   * whoever sees a sequence sees every lower one.
   * @returns its id; `undefined` when the recipient has one with this dedupe key
   */
  add(notification: NewNotification): Promise<string | undefined>;
  /** Adds a delivery for each channel; that of the inbox itself is done. */
  addDeliveries(options: {
    notificationId: string;
    recipientId: string;
    channels: readonly Channel[];
    now: Date;
  }): Promise<void>;
};

/** New notifications and their deliveries in PostgreSQL. `database` is a transaction. */
export function createNotificationRepository(database: SqlClient): NotificationRepository {
  return {
    async add({ recipientId, dedupeKey, category, kind, title, body, data, now }) {
      await database.$executeRawUnsafe(
        `INSERT INTO inbox (user_id) VALUES ($1) ON CONFLICT (user_id) DO UPDATE SET user_id = excluded.user_id`,
        recipientId,
      );
      const [added] = await database.$queryRawUnsafe<{ id: string }[]>(
        `INSERT INTO notification (recipient_id, dedupe_key, sequence, category, kind, title, body, data, created_at)
         SELECT user_id, $2, sequence + 1, $3, $4, $5, $6, $7::jsonb, $8::timestamptz FROM inbox WHERE user_id = $1
         ON CONFLICT (recipient_id, dedupe_key) DO NOTHING RETURNING id::text`,
        recipientId,
        dedupeKey,
        category,
        kind,
        title,
        body,
        JSON.stringify(data),
        now.toISOString(),
      );
      if (!added) return undefined;
      await database.$executeRawUnsafe(
        `UPDATE inbox SET sequence = sequence + 1, unread_count = unread_count + 1 WHERE user_id = $1`,
        recipientId,
      );
      return added.id;
    },
    async addDeliveries({ notificationId, recipientId, channels, now }) {
      await database.$executeRawUnsafe(
        `INSERT INTO delivery (notification_id, recipient_id, channel, status, attempts, due_at, sent_at, created_at)
         SELECT $1::uuid, $2, channel,
           CASE channel WHEN 'IN_APP' THEN 'SENT' ELSE 'QUEUED' END,
           CASE channel WHEN 'IN_APP' THEN 1 ELSE 0 END,
           CASE channel WHEN 'IN_APP' THEN NULL ELSE $4::timestamptz END,
           CASE channel WHEN 'IN_APP' THEN $4::timestamptz END,
           $4::timestamptz
         FROM unnest($3::text[]) AS channel`,
        notificationId,
        recipientId,
        channels,
        now.toISOString(),
      );
    },
  };
}
