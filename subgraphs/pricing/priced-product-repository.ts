import type { SqlClient } from '#shared/database.ts';
import type { EventData } from '#shared/events/event-catalogue.ts';

/**
 * Keeps what an event tells of a product, unless something newer is kept already: events may arrive in any order.
 * The database notifies every server's price book of the change, with the commit.
 */
export async function keepNewest(transaction: SqlClient, product: EventData<'order.product-changed'>): Promise<void> {
  await transaction.$executeRawUnsafe(
    `INSERT INTO priced_product (sku, version, is_listed, kind, metal, currency, fineness, fine_weight_grams)
     VALUES ($1, $2, $3, $4, $5, $6, $7::numeric, $8::numeric)
     ON CONFLICT (sku) DO UPDATE SET
       version = excluded.version, is_listed = excluded.is_listed, kind = excluded.kind, metal = excluded.metal,
       currency = excluded.currency, fineness = excluded.fineness, fine_weight_grams = excluded.fine_weight_grams
     WHERE priced_product.version < excluded.version`,
    product.sku,
    product.version,
    product.isListed,
    product.kind,
    product.metal,
    product.currency,
    product.fineness,
    product.fineWeightGrams,
  );
}
