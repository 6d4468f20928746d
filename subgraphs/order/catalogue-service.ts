import type { SqlClient, TransactionalClient } from '#shared/database.ts';
import { badInput } from '#shared/errors.ts';
import { recordEvent } from '#shared/events/outbox.ts';
import { decodeCursor, pageSize, toPage, type Page } from '#shared/pagination.ts';
import { isSku, type Product, type ProductFilter, type StockLevel } from './domain/product.ts';
import { createProductRepository, type ListPlace } from './product-repository.ts';
import { createStockRepository } from './stock-repository.ts';

/** A page of the shop window; `where` is kept so that the total is counted only when somebody asks for it. */
export type ProductPage = Page<Product> & { where: ProductFilter };

export type CatalogueService = {
  /**
   * A page of listed products.
   * @throws DomainError BAD_USER_INPUT for `first` outside 1 to 100, a cursor of another list, or a search that is too long
   */
  list(options: { first: number; after?: string | null; where?: ProductFilter | null }): Promise<ProductPage>;
  /** How many listed products fit. */
  count(where: ProductFilter): Promise<number>;
  /** Listed products in the order of their SKUs, null for each that is not listed. */
  productsOf(skus: readonly string[]): Promise<(Product | null)[]>;
  /** Products in the order of their SKUs, listed or not, null for each that there never was: what was sold stays known. */
  everyProductOf(skus: readonly string[]): Promise<(Product | null)[]>;
  /** Stock in the order of the SKUs; a product that never had any has none of everything. */
  stockOf(skus: readonly string[]): Promise<StockLevel[]>;
  /**
   * Writes a product and tells `order.product-changed` in one transaction, where it is new or differs from what is there.
   * @param options.firstStock pieces that it begins with; ignored when it has a stock level already
   * @returns whether anything has changed
   */
  changeProduct(
    product: Omit<Product, 'version'>,
    options: { now: Date; firstStock?: { onHand: number; safetyStock: number } },
  ): Promise<boolean>;
};

const longestSearch = 100;

/** The catalogue: what is sold, and how many of it there are. */
export function createCatalogueService<Transaction extends SqlClient>({
  database,
}: {
  database: TransactionalClient<Transaction>;
}): CatalogueService {
  const products = createProductRepository(database);
  const stock = createStockRepository(database);
  return {
    async list({ first, after, where }) {
      const size = pageSize(first);
      const filter = where ?? {};
      if ((filter.search?.length ?? 0) > longestSearch) {
        throw badInput(`search may have at most ${longestSearch} characters`, { maxLength: longestSearch });
      }
      const rows = await products.list(filter, size + 1, typeof after === 'string' ? readPlace(after) : undefined);
      return { ...toPage(rows, size, ({ listPosition, sku }) => [String(listPosition), sku]), where: filter };
    },
    count: (where) => products.count(where),
    productsOf: async (skus) => inOrder(skus, await products.bySkus(skus.filter(isSku), { unlisted: false })),
    everyProductOf: async (skus) => inOrder(skus, await products.bySkus(skus.filter(isSku), { unlisted: true })),
    async stockOf(skus) {
      const found = new Map((await stock.bySkus(skus)).map((level) => [level.sku, level]));
      return skus.map((sku) => found.get(sku) ?? { sku, onHand: 0, reserved: 0, allocated: 0, safetyStock: 0 });
    },
    changeProduct: (product, { now, firstStock }) =>
      database.$transaction(async (transaction) => {
        const version = await createProductRepository(transaction).save(product);
        if (firstStock) await createStockRepository(transaction).open({ sku: product.sku, ...firstStock, at: now });
        if (version === undefined) return false;
        await recordEvent(transaction, 'order.product-changed', productChanged(product, version), now);
        return true;
      }),
  };
}

function inOrder(skus: readonly string[], products: readonly Product[]): (Product | null)[] {
  const bySku = new Map(products.map((product) => [product.sku, product]));
  return skus.map((sku) => bySku.get(sku) ?? null);
}

/** Products are told apart in a list by their place and SKU. */
function readPlace(cursor: string): ListPlace {
  const [listPosition, sku] = decodeCursor(cursor, 2) as [string, string];
  if (/^\d{1,9}$/.test(listPosition) && isSku(sku)) return { listPosition: Number(listPosition), sku };
  throw badInput('after is not a cursor of this list: pass pageInfo.endCursor as it came');
}

function productChanged(product: Omit<Product, 'version'>, version: number) {
  const { sku, isListed, kind, metal, currency, fineness, fineGrams } = product;
  return {
    sku,
    version,
    isListed,
    kind,
    metal,
    currency,
    fineness: fineness.toFixed(),
    fineWeightGrams: fineGrams.toFixed(7),
  };
}
