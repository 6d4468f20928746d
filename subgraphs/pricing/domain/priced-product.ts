import type { Decimal } from '#shared/decimal.ts';

export type TradeSide = 'BUY' | 'SELL';

/** What a product's price depends on. Grams of fine metal in one piece, exact; fineness in permille. */
export type PricedProduct = {
  sku: string;
  kind: 'BAR' | 'COIN';
  metal: 'XAU' | 'XAG';
  /** The currency that it is priced in where none is asked for. */
  currency: string;
  fineness: Decimal;
  fineWeightGrams: Decimal;
};

/** The instrument that a product is priced by, in a currency or its own: `XAU-USD`. */
export function symbolOf(
  product: Pick<PricedProduct, 'metal' | 'currency'>,
  currency: string = product.currency,
): string {
  return `${product.metal}-${currency}`;
}
