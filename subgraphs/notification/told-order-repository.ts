import type { SqlClient } from '#shared/database.ts';

export type ToldOrderRepository = {
  /**
   * Notes that an event of an order is told, where it is the one behind the last that was told, or the first of all. With
   * `anyhow` it is noted whatever is missing.
   * @returns whether it was noted
   */
  advance(order: { orderId: string; version: number }, anyhow: boolean): Promise<boolean>;
};

/** How far orders have been told of, in PostgreSQL. `database` is the transaction that tells. */
export function createToldOrderRepository(database: SqlClient): ToldOrderRepository {
  return {
    async advance({ orderId, version }, anyhow) {
      const noted = await database.$executeRawUnsafe(
        `INSERT INTO told_order (order_id, version) SELECT $1, $2::int WHERE $2::int = 1 OR $3::boolean OR EXISTS (
           SELECT FROM told_order WHERE order_id = $1 AND version >= $2::int - 1)
         ON CONFLICT (order_id) DO UPDATE SET version = greatest(told_order.version, excluded.version)`,
        orderId,
        version,
        anyhow,
      );
      return noted > 0;
    },
  };
}
