import type { PricedTotal } from './price-product.ts';
import type { TradeSide } from './priced-product.ts';

/** The price of pieces of a product at one tick. `asOf` is the tick's time, epoch milliseconds. */
export type ProductPrice = PricedTotal & {
  sku: string;
  side: TradeSide;
  quantity: number;
  symbol: string;
  sequence: number;
  asOf: number;
};
