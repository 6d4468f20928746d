import type { SqlClient } from '#shared/database.ts';

/** The group of everybody whom nobody has put into another. */
export const defaultGroup = 'RETAIL';

export type CustomerRepository = {
  /** Groups by user id; who has no row is in the default group and is not contained. */
  groupsOf(userIds: readonly string[]): Promise<Map<string, string>>;
  /**
   * The customer's group. Waits until no other transaction holds the customer, and keeps others waiting until this one
   * has ended: so what is counted for one customer stays true.
   */
  lock(userId: string): Promise<string>;
  setGroup(userId: string, group: string, change: { by: string; at: Date }): Promise<void>;
};

/** What pricing knows of customers, in PostgreSQL. */
export function createCustomerRepository(database: SqlClient): CustomerRepository {
  return {
    async groupsOf(userIds) {
      const rows = await database.$queryRawUnsafe<{ userId: string; group: string }[]>(
        `SELECT user_id AS "userId", customer_group AS "group" FROM customer WHERE user_id = ANY($1::text[])`,
        userIds,
      );
      return new Map(rows.map(({ userId, group }) => [userId, group]));
    },
    async lock(userId) {
      await database.$executeRawUnsafe(`INSERT INTO customer (user_id) VALUES ($1) ON CONFLICT DO NOTHING`, userId);
      const [customer] = await database.$queryRawUnsafe<[{ group: string }]>(
        `SELECT customer_group AS "group" FROM customer WHERE user_id = $1 FOR UPDATE`,
        userId,
      );
      return customer.group;
    },
    async setGroup(userId, group, { by, at }) {
      await database.$executeRawUnsafe(
        `INSERT INTO customer (user_id, customer_group, group_set_by, group_set_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (user_id) DO UPDATE SET
           customer_group = excluded.customer_group, group_set_by = excluded.group_set_by, group_set_at = excluded.group_set_at`,
        userId,
        group,
        by,
        at,
      );
    },
  };
}
