import DataLoader from 'dataloader';
import type { RequestContext } from '#shared/request-context.ts';
import type { CatalogueService } from './catalogue-service.ts';
import type { Product, StockLevel } from './domain/product.ts';

/** What resolvers of this subgraph know of a request. Loaders ask once for everything that a request wants to know. */
export type Context = RequestContext & {
  catalogue: CatalogueService;
  /** A listed product by SKU, else null. */
  products: DataLoader<string, Product | null>;
  stock: DataLoader<string, StockLevel>;
};

/** The context of one request. */
export function createContext(base: RequestContext, catalogue: CatalogueService): Context {
  return {
    ...base,
    catalogue,
    products: new DataLoader((skus) => catalogue.productsOf(skus)),
    stock: new DataLoader((skus) => catalogue.stockOf(skus)),
  };
}
