import type { Decimal } from '#shared/decimal.ts';
import type { PricedProduct, TradeSide } from './priced-product.ts';

/** What a rule may ask about. Grams are of fine metal; `fineGrams` of one piece, `totalFineGrams` of all. */
export type PricingFacts = {
  side: TradeSide;
  sku: string;
  kind: PricedProduct['kind'];
  metal: PricedProduct['metal'];
  currency: string;
  fineness: Decimal;
  fineGrams: Decimal;
  quantity: Decimal;
  totalFineGrams: Decimal;
};

export type NumberField = 'fineness' | 'fineGrams' | 'quantity' | 'totalFineGrams';
export type TextField = Exclude<keyof PricingFacts, NumberField>;

/** When a rule applies. BETWEEN includes both ends; an empty `all` always holds. */
export type Condition =
  | { all: readonly Condition[] }
  | { any: readonly Condition[] }
  | { not: Condition }
  | { field: TextField; op: 'EQ' | 'NE'; value: string }
  | { field: TextField; op: 'IN' | 'NIN'; value: readonly string[] }
  | { field: NumberField; op: 'EQ' | 'NE' | 'GT' | 'GTE' | 'LT' | 'LTE'; value: Decimal }
  | { field: NumberField; op: 'BETWEEN'; value: readonly [Decimal, Decimal] };

/** The facts of one sale or purchase. */
export function factsOf(product: PricedProduct, side: TradeSide, quantity: Decimal, currency: string): PricingFacts {
  return {
    side,
    sku: product.sku,
    kind: product.kind,
    metal: product.metal,
    currency,
    fineness: product.fineness,
    fineGrams: product.fineWeightGrams,
    quantity,
    totalFineGrams: product.fineWeightGrams.times(quantity),
  };
}

/** Whether a condition holds for the facts. */
export function holds(condition: Condition, facts: PricingFacts): boolean {
  if ('all' in condition) return condition.all.every((part) => holds(part, facts));
  if ('any' in condition) return condition.any.some((part) => holds(part, facts));
  if ('not' in condition) return !holds(condition.not, facts);
  switch (condition.op) {
    case 'IN':
      return condition.value.includes(facts[condition.field]);
    case 'NIN':
      return !condition.value.includes(facts[condition.field]);
    case 'BETWEEN':
      return facts[condition.field].gte(condition.value[0]) && facts[condition.field].lte(condition.value[1]);
    case 'GT':
      return facts[condition.field].gt(condition.value);
    case 'GTE':
      return facts[condition.field].gte(condition.value);
    case 'LT':
      return facts[condition.field].lt(condition.value);
    case 'LTE':
      return facts[condition.field].lte(condition.value);
    case 'EQ':
      return isEqual(facts[condition.field], condition.value);
    case 'NE':
      return !isEqual(facts[condition.field], condition.value);
  }
}

/** Numbers are equal by value (`1.0` is 1), texts by letter. */
function isEqual(fact: string | Decimal, value: string | Decimal): boolean {
  return typeof fact === 'string' ? fact === value : fact.eq(value);
}
