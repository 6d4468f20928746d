import type { SqlClient } from '#shared/database.ts';
import type { Delivery } from './domain/delivery.ts';
import { channels, type Category } from './domain/preference.ts';

/** An entry of somebody's inbox; `sequence` is the inbox's when it was added. */
export type Notification = {
  id: string;
  recipientId: string;
  sequence: number;
  category: Category;
  title: string;
  body: string;
  createdAt: Date;
  readAt: Date | null;
};

/** An inbox at one instant: how often it has changed, and how much of it is unread. */
export type InboxState = { sequence: number; unreadCount: number };

export type InboxRepository = {
  state(userId: string): Promise<InboxState>;
  /** Entries, the newest first, at most `limit`, before a sequence. */
  list(
    userId: string,
    options: { limit: number; before: number | undefined; unreadOnly: boolean },
  ): Promise<Notification[]>;
  /** The inbox as it is at one instant, with its entries behind a sequence in ascending order, at most `limit`. */
  since(userId: string, sequence: number, limit: number): Promise<InboxState & { entries: Notification[] }>;
  /** Notifications by id, in no order. */
  byIds(ids: readonly string[]): Promise<Notification[]>;
  /** Marks an entry of the user's as read. Locks the inbox. @returns the entry; `undefined` when it is not the user's */
  markRead(userId: string, id: string, now: Date): Promise<Notification | undefined>;
  /** Marks what is unread and came until an instant. Locks the inbox. @returns how many */
  markAllRead(userId: string, until: Date | undefined, now: Date): Promise<number>;
  /** The deliveries of notifications, in the order of the channels. */
  deliveriesOf(notificationIds: readonly string[]): Promise<Delivery[]>;
};

const columns = `id::text, recipient_id AS "recipientId", sequence::float8, category, title, body,
  created_at AS "createdAt", read_at AS "readAt"`;

export const deliveryColumns = `id::text, notification_id::text AS "notificationId", channel, status, attempts,
  last_error AS "lastError", sent_at AS "sentAt", due_at AS "dueAt"`;

/** Inboxes in PostgreSQL. `database` must be a transaction for what locks. */
export function createInboxRepository(database: SqlClient): InboxRepository {
  /** Whatever changes an inbox locks it first, and counts the change. */
  async function changeUnread(userId: string, read: number): Promise<void> {
    await database.$executeRawUnsafe(
      `UPDATE inbox SET sequence = sequence + 1, unread_count = unread_count - $2 WHERE user_id = $1`,
      userId,
      read,
    );
  }

  return {
    async state(userId) {
      const [state] = await database.$queryRawUnsafe<InboxState[]>(
        `SELECT sequence::float8, unread_count AS "unreadCount" FROM inbox WHERE user_id = $1`,
        userId,
      );
      return state ?? { sequence: 0, unreadCount: 0 };
    },
    list: (userId, { limit, before, unreadOnly }) =>
      database.$queryRawUnsafe<Notification[]>(
        `SELECT ${columns} FROM notification
         WHERE recipient_id = $1 AND sequence < $2 ${unreadOnly ? 'AND read_at IS NULL' : ''}
         ORDER BY sequence DESC LIMIT $3`,
        userId,
        before ?? Number.MAX_SAFE_INTEGER,
        limit,
      ),
    async since(userId, sequence, limit) {
      const rows = await database.$queryRawUnsafe<(Notification & { inboxSequence: number; unreadCount: number })[]>(
        `SELECT entry.*, inbox.sequence::float8 AS "inboxSequence", unread_count AS "unreadCount"
         FROM inbox LEFT JOIN LATERAL (
           SELECT ${columns} FROM notification
           WHERE recipient_id = user_id AND sequence > $2 ORDER BY sequence LIMIT $3
         ) AS entry ON true WHERE user_id = $1 ORDER BY entry.sequence`,
        userId,
        sequence,
        limit,
      );
      const [first] = rows;
      // Without an entry the row says only how the inbox is: its id is null.
      const entries = rows.filter(({ id }) => (id as string | null) !== null);
      return { sequence: first?.inboxSequence ?? 0, unreadCount: first?.unreadCount ?? 0, entries };
    },
    byIds: (ids) =>
      database.$queryRawUnsafe<Notification[]>(`SELECT ${columns} FROM notification WHERE id = ANY($1::uuid[])`, ids),
    async markRead(userId, id, now) {
      await lockInbox(database, userId);
      const marked = await database.$executeRawUnsafe(
        `UPDATE notification SET read_at = $3::timestamptz WHERE id = $1::uuid AND recipient_id = $2 AND read_at IS NULL`,
        id,
        userId,
        now.toISOString(),
      );
      if (marked > 0) await changeUnread(userId, marked);
      const [entry] = await database.$queryRawUnsafe<Notification[]>(
        `SELECT ${columns} FROM notification WHERE id = $1::uuid AND recipient_id = $2`,
        id,
        userId,
      );
      return entry;
    },
    async markAllRead(userId, until, now) {
      await lockInbox(database, userId);
      const marked = await database.$executeRawUnsafe(
        `UPDATE notification SET read_at = $3::timestamptz
         WHERE recipient_id = $1 AND read_at IS NULL AND ($2::timestamptz IS NULL OR created_at <= $2::timestamptz)`,
        userId,
        until?.toISOString() ?? null,
        now.toISOString(),
      );
      if (marked > 0) await changeUnread(userId, marked);
      return marked;
    },
    deliveriesOf: (notificationIds) =>
      database.$queryRawUnsafe<Delivery[]>(
        `SELECT ${deliveryColumns} FROM delivery WHERE notification_id = ANY($1::uuid[])
         ORDER BY array_position($2::text[], channel)`,
        notificationIds,
        channels,
      ),
  };
}

/** Locks a user's inbox until the end of the transaction. Whatever changes it does this first. */
async function lockInbox(transaction: SqlClient, userId: string): Promise<void> {
  await transaction.$queryRawUnsafe(`SELECT 1 FROM inbox WHERE user_id = $1 FOR UPDATE`, userId);
}
