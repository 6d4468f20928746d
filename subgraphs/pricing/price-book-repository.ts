import type { SqlClient } from '#shared/database.ts';
import { decimal } from '#shared/decimal.ts';
import type { PricedProduct } from './domain/priced-product.ts';
import type { StoredRule } from './rule-format.ts';

export type PriceBookRepository = {
  /** Listed products. */
  products(): Promise<PricedProduct[]>;
  /** Active rules as they are stored, those included whose time has not come or is over. */
  activeRules(): Promise<StoredRule[]>;
};

/** What prices are made of, in PostgreSQL. */
export function createPriceBookRepository(database: SqlClient): PriceBookRepository {
  return {
    async products() {
      const rows = await database.$queryRawUnsafe<ProductRow[]>(
        `SELECT sku, kind, metal, currency, fineness::text, fine_weight_grams::text AS "fineWeightGrams"
         FROM priced_product WHERE is_listed`,
      );
      return rows.map((row) => ({
        ...row,
        fineness: decimal(row.fineness),
        fineWeightGrams: decimal(row.fineWeightGrams),
      }));
    },
    activeRules: () =>
      database.$queryRawUnsafe<StoredRule[]>(
        `SELECT code, version, name, stage, priority, conditions, effect,
           valid_from AS "validFrom", valid_to AS "validTo"
         FROM pricing_rule WHERE status = 'ACTIVE' ORDER BY code`,
      ),
  };
}

type ProductRow = Omit<PricedProduct, 'fineness' | 'fineWeightGrams'> & { fineness: string; fineWeightGrams: string };
