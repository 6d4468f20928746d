import DataLoader from 'dataloader';
import type { RequestContext } from '#shared/request-context.ts';
import type { CatalogueService } from './catalogue-service.ts';
import type { Order, OrderHistoryEntry, OrderLine } from './domain/order.ts';
import type { Product, StockLevel } from './domain/product.ts';
import type { WalletBalance } from './domain/wallet.ts';
import type { OrderFeed } from './order-feed.ts';
import type { OrderReadingService } from './order-reading-service.ts';
import type { OrderService } from './order-service.ts';
import type { PlacementService } from './placement-service.ts';
import type { StockService } from './stock-service.ts';
import type { WalletService } from './wallet-service.ts';

/** Everything that resolvers may call. */
export type Services = {
  catalogue: CatalogueService;
  placement: PlacementService;
  orders: OrderService;
  reading: OrderReadingService;
  feed: OrderFeed;
  stockKeeping: StockService;
  wallets: WalletService;
};

/** Ask once for everything that a request wants to know at the same moment. */
export type Loaders = {
  /** A listed product by SKU, else null. */
  products: DataLoader<string, Product | null>;
  /** A product by SKU, listed or not, else null. */
  everyProduct: DataLoader<string, Product | null>;
  stock: DataLoader<string, StockLevel>;
  /** An order that the caller may see, else null. */
  orderById: DataLoader<string, Order | null>;
  linesOf: DataLoader<string, OrderLine[]>;
  historyOf: DataLoader<string, OrderHistoryEntry[]>;
  balancesOf: DataLoader<string, WalletBalance[]>;
};

/** What resolvers of this subgraph know of a request. */
export type Context = RequestContext & Services & Loaders;

/** The context of one request. */
export function createContext(base: RequestContext, services: Services): Context {
  return { ...base, ...services, ...createLoaders(base, services) };
}

/** They keep nothing: a subscription has one context for all of its events, and a mutation changes what is read after it. */
export function createLoaders(
  { caller }: RequestContext,
  { catalogue, reading, wallets }: Pick<Services, 'catalogue' | 'reading' | 'wallets'>,
): Loaders {
  const loader = <Value>(load: (keys: readonly string[]) => Promise<Value[]>) =>
    new DataLoader<string, Value>(load, { cache: false });
  return {
    products: loader((skus) => catalogue.productsOf(skus)),
    everyProduct: loader((skus) => catalogue.everyProductOf(skus)),
    stock: loader((skus) => catalogue.stockOf(skus)),
    orderById: loader((ids) => reading.ordersOf(caller, ids)),
    linesOf: loader((ids) => reading.linesOf(ids)),
    historyOf: loader((ids) => reading.historyOf(caller, ids)),
    balancesOf: loader((userIds) => wallets.balancesOf(userIds)),
  };
}
