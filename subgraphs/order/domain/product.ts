import type { Decimal } from '#shared/decimal.ts';
import { fromGrams, type WeightUnit } from '#shared/weight.ts';

export type ProductKind = 'BAR' | 'COIN';
export type Metal = 'XAU' | 'XAG';

/** A bar or coin that is sold. Weights are grams of one piece, exact; fineness is permille. */
export type Product = {
  sku: string;
  name: string;
  description: string;
  kind: ProductKind;
  metal: Metal;
  /** The currency of the instrument that it is listed on. */
  currency: string;
  mint: string | null;
  fineness: Decimal;
  grossGrams: Decimal;
  /** Declared fine content, which custom rounds: it may differ from gross times fineness. */
  fineGrams: Decimal;
  /** The unit that the product is known by. */
  displayUnit: WeightUnit;
  diameterMm: Decimal | null;
  /** Whether the shop shows it. */
  isListed: boolean;
  /** Its place in the shop window; lower comes first. */
  listPosition: number;
  /** Counts up with each change, from 1. */
  version: number;
};

/** Pieces of one product. */
export type StockLevel = { sku: string; onHand: number; reserved: number; allocated: number; safetyStock: number };

/** The instrument whose price a product follows; the metal is what other subgraphs know of it too. */
export type Instrument = { symbol: string; metal: Metal };

/** What is listed, and what is left out of a list. */
export type ProductFilter = {
  kind?: ProductKind | null;
  metal?: Metal | null;
  search?: string | null;
  inStock?: boolean | null;
};

/** Whether a text can be a SKU at all: 1 to 64 capital letters, digits and dashes. */
export function isSku(text: string): boolean {
  return /^[A-Z0-9-]{1,64}$/.test(text);
}

/** A weight in grams as people know the product: in its own unit, at most 7 decimals, and in grams. */
export function weightOf(grams: Decimal, unit: WeightUnit): { value: Decimal; unit: WeightUnit; grams: Decimal } {
  return { value: fromGrams(grams, unit), unit, grams };
}

/** Metal and listing currency, such as `XAU-USD`. */
export function instrumentOf(product: { metal: Metal; currency: string }): Instrument {
  return { symbol: `${product.metal}-${product.currency}`, metal: product.metal };
}

/** Pieces that can be ordered now; never negative, though safety stock may exceed what is left. */
export function availableOf(stock: StockLevel): number {
  return Math.max(0, stock.onHand - stock.reserved - stock.allocated - stock.safetyStock);
}

/** The words of a search text, each of which a product must contain; control characters separate like blanks. */
export function searchWords(search: string): string[] {
  return search.split(/[\s\p{Cc}]+/u).filter((word) => word !== '');
}
