import type { SqlClient } from '#shared/database.ts';
import type { StockLevel } from './domain/product.ts';
import { stockChange, type MovementKind } from './domain/stock-movement.ts';

/** Pieces that move, and why. The number of pieces is signed for an ADJUSTMENT only. */
export type StockMovement = {
  sku: string;
  kind: MovementKind;
  pieces: number;
  at: Date;
  orderId?: string;
  /** Who adjusted the stock. */
  actorId?: string;
  reason?: string | null;
};

export type StockRepository = {
  /** Stock by SKU, in no order; one statement for all. A product without a row has none. */
  bySkus(skus: readonly string[]): Promise<StockLevel[]>;
  /** Gives a product its first stock; a product that has a stock level already keeps it. */
  open(stock: { sku: string; onHand: number; safetyStock: number; at: Date }): Promise<void>;
  /**
   * Moves pieces and writes the movement into the ledger, in one statement that reads nothing first. A RESERVE takes only
   * pieces that are available, an ADJUSTMENT only pieces that are not promised; levels stay below a thousand million.
   * @returns whether there were enough
   * @throws the database's error where a level would become negative or be promised twice: that is a bug
   */
  move(movement: StockMovement): Promise<boolean>;
};

/** What must hold for a movement; the checks of the table are what must hold for a level. */
const conditions: Partial<Record<MovementKind, string>> = {
  RESERVE: 'on_hand - reserved - allocated - safety_stock >= $3',
  ADJUSTMENT: 'on_hand + $2 BETWEEN reserved + allocated AND 1000000000',
};

/** Stock levels in PostgreSQL. `database` may be a transaction. */
export function createStockRepository(database: SqlClient): StockRepository {
  return {
    bySkus: (skus) =>
      database.$queryRawUnsafe<StockLevel[]>(
        `SELECT sku, on_hand AS "onHand", reserved, allocated, safety_stock AS "safetyStock"
         FROM stock_level WHERE sku = ANY($1::text[])`,
        skus,
      ),
    async open({ sku, onHand, safetyStock, at }) {
      await database.$executeRawUnsafe(
        `WITH opened AS (
           INSERT INTO stock_level (sku, on_hand, safety_stock) VALUES ($1, $2, $3) ON CONFLICT (sku) DO NOTHING
           RETURNING sku, on_hand
         )
         INSERT INTO stock_movement (sku, kind, on_hand, reserved, allocated, reason, at)
         SELECT sku, 'RECEIPT', on_hand, 0, 0, 'Opening stock', $4::timestamptz FROM opened WHERE on_hand > 0`,
        sku,
        onHand,
        safetyStock,
        at,
      );
    },
    async move({ sku, kind, pieces, at, orderId, actorId, reason }) {
      const { onHand, reserved, allocated } = stockChange(kind, pieces);
      const moved = await database.$executeRawUnsafe(
        `WITH level AS (
           UPDATE stock_level SET on_hand = on_hand + $2, reserved = reserved + $3, allocated = allocated + $4,
             version = version + 1
           WHERE sku = $1 AND ${conditions[kind] ?? 'true'}
           RETURNING sku
         )
         INSERT INTO stock_movement (sku, kind, on_hand, reserved, allocated, order_id, actor_id, reason, at)
         SELECT sku, $5, $2, $3, $4, $6::uuid, $7, $8, $9::timestamptz FROM level`,
        sku,
        onHand,
        reserved,
        allocated,
        kind,
        orderId ?? null,
        actorId ?? null,
        reason ?? null,
        at,
      );
      return moved > 0;
    },
  };
}
