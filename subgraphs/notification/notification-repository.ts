import type { SqlClient } from '#shared/database.ts';
import type { Category, Channel } from './domain/preference.ts';

/** An entry of an inbox that is to be made, and the channels that it goes out by: the inbox, and any others. */
export type NewNotification = {
  recipientId: string;
  dedupeKey: string;
  category: Category;
  kind: string;
  title: string;
  body: string;
  data: unknown;
  channels: readonly Channel[];
  now: Date;
};

export type NotificationRepository = {
  /**
   * Locks inboxes until the end of the transaction, made where there are none yet, in the order of the users' ids: so two
   * transactions that lock several never wait for each other in a circle.
   */
  lockInboxes(userIds: readonly string[]): Promise<void>;
  /**
   * Adds entries to inboxes that are locked. Each takes the next sequence of its inbox, in the order given: whoever sees a
   * sequence sees every lower one. With each comes a delivery by each of its channels; that of the inbox itself is done.
   * @returns their ids in the order given; `undefined` where the recipient has one with this dedupe key, which then takes
   *   no sequence, nor does what is given for the second time
   */
  addAll(notifications: readonly NewNotification[]): Promise<(string | undefined)[]>;
};

/** New notifications and their deliveries in PostgreSQL. `database` is a transaction. */
export function createNotificationRepository(database: SqlClient): NotificationRepository {
  return {
    async lockInboxes(userIds) {
      // A conflict locks the row, also where nothing is updated.
      await database.$executeRawUnsafe(
        `INSERT INTO inbox (user_id) SELECT user_id FROM unnest($1::text[]) AS user_id ORDER BY user_id
         ON CONFLICT (user_id) DO UPDATE SET user_id = excluded.user_id WHERE false`,
        userIds,
      );
    },
    async addAll(notifications) {
      const added = await database.$queryRawUnsafe<{ id: string; place: number }[]>(
        addSql,
        JSON.stringify(notifications),
      );
      const ids = new Map(added.map(({ id, place }) => [place, id]));
      return notifications.map((_notification, index) => ids.get(index + 1));
    },
  };
}

/**
 * Nobody else adds to an inbox that is locked, so what is not there now is not there before the statement ends. The ids are
 * given out with the choice of what is new: every part works on those rows, and none has to be joined with another.
 */
const addSql = `WITH given AS (
    SELECT * FROM ROWS FROM (json_to_recordset($1::json) AS ("recipientId" text, "dedupeKey" text, category text,
      kind text, title text, body text, data jsonb, channels text[], now timestamptz)) WITH ORDINALITY
      AS given(recipient_id, dedupe_key, category, kind, title, body, data, channels, created_at, place)
  ), new AS MATERIALIZED (
    SELECT DISTINCT ON (recipient_id, dedupe_key) uuidv7() AS id, given.* FROM given
    WHERE NOT EXISTS (SELECT 1 FROM notification
      WHERE notification.recipient_id = given.recipient_id AND notification.dedupe_key = given.dedupe_key)
    ORDER BY recipient_id, dedupe_key, place
  ), added AS (
    INSERT INTO notification (id, recipient_id, dedupe_key, sequence, category, kind, title, body, data, created_at)
    SELECT id, recipient_id, dedupe_key, inbox.sequence + row_number() OVER (PARTITION BY recipient_id ORDER BY place),
      category, kind, title, body, data, created_at
    FROM new JOIN inbox ON user_id = recipient_id
  ), counted AS (
    UPDATE inbox SET sequence = sequence + told, unread_count = unread_count + told
    FROM (SELECT recipient_id, count(*) AS told FROM new GROUP BY recipient_id) AS counts WHERE user_id = recipient_id
  ), sent AS (
    INSERT INTO delivery (notification_id, recipient_id, channel, status, attempts, due_at, sent_at, created_at)
    SELECT id, recipient_id, channel,
      CASE channel WHEN 'IN_APP' THEN 'SENT' ELSE 'QUEUED' END,
      CASE channel WHEN 'IN_APP' THEN 1 ELSE 0 END,
      CASE channel WHEN 'IN_APP' THEN NULL ELSE created_at END,
      CASE channel WHEN 'IN_APP' THEN created_at END,
      created_at
    FROM new CROSS JOIN unnest(channels) AS channel
  ) SELECT id::text, place::int FROM new`;
