import type { SqlClient } from '#shared/database.ts';

/** A browser that takes Web Push messages; `p256dh` and `auth` are its keys, base64url. */
export type PushSubscription = { id: string; endpoint: string; p256dh: string; auth: string; createdAt: Date };

export type PushSubscriptionRepository = {
  /** A user's browsers, the newest first. */
  of(userId: string): Promise<PushSubscription[]>;
  /** A user's browsers that have not been given a delivery yet. */
  awaiting(userId: string, deliveryId: string): Promise<PushSubscription[]>;
  /** Keeps a browser for its latest user with its latest keys, known by its endpoint. At most `limit` are kept a user, the newest. */
  save(
    userId: string,
    browser: Pick<PushSubscription, 'endpoint' | 'p256dh' | 'auth'>,
    limit: number,
  ): Promise<PushSubscription>;
  /** Removes a browser of the user's. @returns whether there was one */
  removeOwn(userId: string, id: string): Promise<boolean>;
  /** Removes a browser that has gone, unless it has been registered anew with other keys. */
  removeGone(subscription: PushSubscription): Promise<void>;
  /** Remembers that a browser was given a delivery. */
  addReceipt(deliveryId: string, subscriptionId: string): Promise<void>;
};

const columns = `id::text, endpoint, p256dh, auth, created_at AS "createdAt"`;

/** Push subscriptions in PostgreSQL. */
export function createPushSubscriptionRepository(database: SqlClient): PushSubscriptionRepository {
  return {
    of: (userId) =>
      database.$queryRawUnsafe<PushSubscription[]>(
        `SELECT ${columns} FROM push_subscription WHERE user_id = $1 ORDER BY created_at DESC, push_subscription.id DESC`,
        userId,
      ),
    awaiting: (userId, deliveryId) =>
      database.$queryRawUnsafe<PushSubscription[]>(
        `SELECT ${columns} FROM push_subscription WHERE user_id = $1 AND NOT EXISTS (
           SELECT 1 FROM push_receipt WHERE delivery_id = $2::uuid AND subscription_id = push_subscription.id)
         ORDER BY push_subscription.id`,
        userId,
        deliveryId,
      ),
    async save(userId, { endpoint, p256dh, auth }, limit) {
      const [saved] = await database.$queryRawUnsafe<PushSubscription[]>(
        `INSERT INTO push_subscription (user_id, endpoint, p256dh, auth) VALUES ($1, $2, $3, $4)
         ON CONFLICT (endpoint) DO UPDATE SET user_id = excluded.user_id, p256dh = excluded.p256dh, auth = excluded.auth
         RETURNING ${columns}`,
        userId,
        endpoint,
        p256dh,
        auth,
      );
      await database.$executeRawUnsafe(
        `DELETE FROM push_subscription WHERE id IN (
           SELECT id FROM push_subscription WHERE user_id = $1 AND id <> $3::uuid ORDER BY created_at DESC, id DESC OFFSET $2)`,
        userId,
        limit - 1,
        saved!.id,
      );
      return saved!;
    },
    async removeOwn(userId, id) {
      const removed = await database.$executeRawUnsafe(
        `DELETE FROM push_subscription WHERE id = $1::uuid AND user_id = $2`,
        id,
        userId,
      );
      return removed > 0;
    },
    async removeGone({ id, p256dh }) {
      await database.$executeRawUnsafe(`DELETE FROM push_subscription WHERE id = $1::uuid AND p256dh = $2`, id, p256dh);
    },
    async addReceipt(deliveryId, subscriptionId) {
      // The subscription may be gone by now, and then nobody asks for the receipt.
      await database.$executeRawUnsafe(
        `INSERT INTO push_receipt (delivery_id, subscription_id)
         SELECT $1::uuid, id FROM push_subscription WHERE id = $2::uuid ON CONFLICT DO NOTHING`,
        deliveryId,
        subscriptionId,
      );
    },
  };
}
