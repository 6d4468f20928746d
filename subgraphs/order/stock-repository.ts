import type { SqlClient } from '#shared/database.ts';
import type { StockLevel } from './domain/product.ts';

export type StockRepository = {
  /** Stock by SKU, in no order; one statement for all. A product without a row has none. */
  bySkus(skus: readonly string[]): Promise<StockLevel[]>;
  /** Gives a product its first stock; a product that has a stock level already keeps it. */
  open(stock: { sku: string; onHand: number; safetyStock: number }): Promise<void>;
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
    async open({ sku, onHand, safetyStock }) {
      await database.$executeRawUnsafe(
        `INSERT INTO stock_level (sku, on_hand, safety_stock) VALUES ($1, $2, $3) ON CONFLICT (sku) DO NOTHING`,
        sku,
        onHand,
        safetyStock,
      );
    },
  };
}
