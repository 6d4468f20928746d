import { decimal } from '#shared/decimal.ts';
import type { SqlClient } from '#shared/database.ts';
import { searchWords, type Product, type ProductFilter } from './domain/product.ts';

/** Where a page of the shop window continues: behind this place. */
export type ListPlace = { listPosition: number; sku: string };

export type ProductRepository = {
  /** Listed products that fit the filter, in list order, at most `limit`, behind a place. */
  list(filter: ProductFilter, limit: number, behind: ListPlace | undefined): Promise<Product[]>;
  /** How many listed products fit the filter. */
  count(filter: ProductFilter): Promise<number>;
  /** Listed products by SKU, or unlisted ones too, in no order; one statement for all. */
  bySkus(skus: readonly string[], options: { unlisted: boolean }): Promise<Product[]>;
  /** Writes a product where it is new or differs. @returns its new version; `undefined` when nothing has changed */
  save(product: Omit<Product, 'version'>): Promise<number | undefined>;
};

const columns = `product.sku, name, description, kind, metal, currency, mint, fineness::text, gross_grams::text AS "grossGrams",
  fine_grams::text AS "fineGrams", display_unit AS "displayUnit", diameter_mm::text AS "diameterMm",
  is_listed AS "isListed", list_position AS "listPosition", product.version`;

type Written = Omit<Product, 'version'>;

/** What is written to each column beside the key. */
const written: Record<string, (product: Written) => string | number | boolean | null> = {
  name: ({ name }) => name,
  description: ({ description }) => description,
  kind: ({ kind }) => kind,
  metal: ({ metal }) => metal,
  currency: ({ currency }) => currency,
  mint: ({ mint }) => mint,
  fineness: ({ fineness }) => fineness.toFixed(),
  gross_grams: ({ grossGrams }) => grossGrams.toFixed(),
  fine_grams: ({ fineGrams }) => fineGrams.toFixed(),
  display_unit: ({ displayUnit }) => displayUnit,
  diameter_mm: ({ diameterMm }) => diameterMm?.toFixed() ?? null,
  is_listed: ({ isListed }) => isListed,
  list_position: ({ listPosition }) => listPosition,
};
const writtenColumns = Object.keys(written);

const saveSql = `INSERT INTO product (sku, ${writtenColumns.join(', ')})
  VALUES ($1, ${writtenColumns.map((_column, index) => `$${index + 2}`).join(', ')})
  ON CONFLICT (sku) DO UPDATE
  SET ${writtenColumns.map((column) => `${column} = excluded.${column}`).join(', ')}, version = product.version + 1
  WHERE (${writtenColumns.map((column) => `product.${column}`).join(', ')})
    IS DISTINCT FROM (${writtenColumns.map((column) => `excluded.${column}`).join(', ')})
  RETURNING version`;

/** The catalogue in PostgreSQL. `database` may be a transaction. */
export function createProductRepository(database: SqlClient): ProductRepository {
  return {
    async list(filter, limit, behind) {
      const { sql, values } = whereOf(filter);
      const place = behind ? `AND (list_position, product.sku) > ($${values.length + 1}, $${values.length + 2})` : '';
      const rows = await database.$queryRawUnsafe<ProductRow[]>(
        `SELECT ${columns} FROM product LEFT JOIN stock_level ON stock_level.sku = product.sku
         WHERE ${sql} ${place} ORDER BY list_position, product.sku LIMIT ${Math.trunc(limit)}`,
        ...values,
        ...(behind ? [behind.listPosition, behind.sku] : []),
      );
      return rows.map(toProduct);
    },
    async count(filter) {
      const { sql, values } = whereOf(filter);
      const rows = await database.$queryRawUnsafe<{ count: number }[]>(
        `SELECT count(*)::int AS count FROM product LEFT JOIN stock_level ON stock_level.sku = product.sku WHERE ${sql}`,
        ...values,
      );
      return rows[0]!.count;
    },
    async bySkus(skus, { unlisted }) {
      const rows = await database.$queryRawUnsafe<ProductRow[]>(
        `SELECT ${columns} FROM product WHERE (is_listed OR $2) AND sku = ANY($1::text[])`,
        skus,
        unlisted,
      );
      return rows.map(toProduct);
    },
    async save(product) {
      const rows = await database.$queryRawUnsafe<{ version: number }[]>(
        saveSql,
        product.sku,
        ...writtenColumns.map((column) => written[column]!(product)),
      );
      return rows[0]?.version;
    },
  };
}

type ProductRow = Omit<Product, 'fineness' | 'grossGrams' | 'fineGrams' | 'diameterMm'> & {
  fineness: string;
  grossGrams: string;
  fineGrams: string;
  diameterMm: string | null;
};

function toProduct(row: ProductRow): Product {
  return {
    ...row,
    fineness: decimal(row.fineness),
    grossGrams: decimal(row.grossGrams),
    fineGrams: decimal(row.fineGrams),
    diameterMm: row.diameterMm === null ? null : decimal(row.diameterMm),
  };
}

function whereOf({ kind, metal, search, inStock }: ProductFilter): { sql: string; values: unknown[] } {
  const conditions = ['is_listed'];
  const values: unknown[] = [];
  const add = (value: unknown, condition: (parameter: string) => string) => {
    values.push(value);
    conditions.push(condition(`$${values.length}`));
  };
  if (kind) add(kind, (parameter) => `kind = ${parameter}`);
  if (metal) add(metal, (parameter) => `metal = ${parameter}`);
  for (const word of searchWords(search ?? '')) {
    add(
      `%${escapeLike(word)}%`,
      (parameter) => `concat_ws(' ', name, product.sku, mint, description) ILIKE ${parameter}`,
    );
  }
  if (typeof inStock === 'boolean') {
    const available = 'coalesce(on_hand - reserved - allocated - safety_stock, 0)';
    conditions.push(inStock ? `${available} >= 1` : `${available} < 1`);
  }
  return { sql: conditions.join(' AND '), values };
}

/** In a LIKE pattern `%` and `_` stand for anything: here they are themselves. */
function escapeLike(word: string): string {
  return word.replace(/[\\%_]/g, (character) => `\\${character}`);
}
