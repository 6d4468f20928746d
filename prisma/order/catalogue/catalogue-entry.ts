import { decimal } from '#shared/decimal.ts';
import { toGrams, weightDecimals, type WeightUnit } from '#shared/weight.ts';
import type { Product } from '../../../subgraphs/order/domain/product.ts';

/** A product of the first catalogue, with the pieces that its stock begins with. */
export type CatalogueEntry = Omit<Product, 'version' | 'listPosition'> & { onHand: number };

/** Facts of one bar or coin as its maker states them. */
type Facts = {
  sku: string;
  name: string;
  description: string;
  mint?: string;
  /** Permille. */
  fineness: string;
  /** Weight of a piece and its unit, for example `33.93 g`. */
  gross: string;
  /** Declared fine content and its unit, `1 ozt` or `7.322381 g`. */
  fine: string;
  /** The unit that people know the product by; grams when left out. */
  displayUnit?: WeightUnit;
  diameterMm?: string;
  currency?: string;
  onHand: number;
};

/** A gold bar, listed in US dollars. */
export const goldBar = (facts: Facts): CatalogueEntry => entry('BAR', 'XAU', facts);
/** A gold coin, listed in US dollars unless its home market has a price of its own. */
export const goldCoin = (facts: Facts): CatalogueEntry => entry('COIN', 'XAU', facts);
/** A silver bar. */
export const silverBar = (facts: Facts): CatalogueEntry => entry('BAR', 'XAG', facts);
/** A silver coin. */
export const silverCoin = (facts: Facts): CatalogueEntry => entry('COIN', 'XAG', facts);

/** SKUs have capital letters, digits and dashes only: 2.5 is `2-5`. */
export const skuPart = (size: string): string => size.replace(/[^0-9A-Z]/g, '-');

function entry(kind: Product['kind'], metal: Product['metal'], facts: Facts): CatalogueEntry {
  const { sku, name, description, onHand } = facts;
  return {
    sku,
    name,
    description,
    kind,
    metal,
    currency: facts.currency ?? 'USD',
    mint: facts.mint ?? null,
    fineness: decimal(facts.fineness),
    grossGrams: grams(facts.gross),
    fineGrams: grams(facts.fine),
    displayUnit: facts.displayUnit ?? 'GRAM',
    diameterMm: facts.diameterMm === undefined ? null : decimal(facts.diameterMm),
    isListed: true,
    onHand,
  };
}

const units: Record<string, WeightUnit> = { g: 'GRAM', ozt: 'TROY_OUNCE' };

function grams(weight: string) {
  const [value, unit] = weight.split(' ') as [string, string];
  const known = units[unit];
  if (!known) throw new TypeError(`${weight} has no unit that is known here`);
  return toGrams(value, known).toDecimalPlaces(weightDecimals);
}
