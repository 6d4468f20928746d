import type { Decimal } from '#shared/decimal.ts';
import type { PricedProduct, TradeSide } from './priced-product.ts';

/** Who a price is for. Prices that everybody sees are for nobody: they have neither group nor coupon. */
export type PricedFor = { customerGroup: string | null; coupon: string | null };

/**
 * What a rule may ask about. Grams are of fine metal; `fineGrams` of one piece, `totalFineGrams` of all. What is null is
 * absent.
 */
export type PricingFacts = PricedFor & {
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

export const numberFields = ['fineness', 'fineGrams', 'quantity', 'totalFineGrams'] as const;
export type NumberField = (typeof numberFields)[number];
export type TextField = Exclude<keyof PricingFacts, NumberField>;

/** When a rule applies. BETWEEN includes both ends; an empty `all` always holds. */
export type Condition =
  | { all: readonly Condition[] }
  | { any: readonly Condition[] }
  | { not: Condition }
  | TextComparison
  | NumberComparison;

/** Texts are compared letter by letter. */
export type TextComparison =
  | { field: TextField; op: 'EQ' | 'NE'; value: string }
  | { field: TextField; op: 'IN' | 'NIN'; value: readonly string[] };

/** Numbers are compared by value: `1.0` is 1. */
export type NumberComparison =
  | { field: NumberField; op: 'EQ' | 'NE' | 'GT' | 'GTE' | 'LT' | 'LTE'; value: Decimal }
  | { field: NumberField; op: 'BETWEEN'; value: readonly [Decimal, Decimal] };

export const nobody: PricedFor = { customerGroup: null, coupon: null };

/** The facts of one sale or purchase. */
export function factsOf(
  product: PricedProduct,
  side: TradeSide,
  quantity: Decimal,
  currency: string,
  { customerGroup, coupon }: PricedFor = nobody,
): PricingFacts {
  return {
    customerGroup,
    coupon,
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

/**
 * Whether a condition holds for the facts. A comparison with what is absent (no coupon was given) is neither true nor
 * false, whatever its operator and under `not` too, and a rule applies only where its condition is true: "any coupon but
 * X" asks for a coupon. `any` is true where one part is, though another cannot be answered.
 */
export function holds(condition: Condition, facts: PricingFacts): boolean {
  return answer(condition, facts) === true;
}

/** The coupons that a condition asks for by name, in upper case. */
export function couponsIn(condition: Condition): string[] {
  if ('all' in condition) return condition.all.flatMap(couponsIn);
  if ('any' in condition) return condition.any.flatMap(couponsIn);
  if ('not' in condition || condition.field !== 'coupon') return [];
  if (condition.op === 'EQ') return [condition.value];
  return condition.op === 'IN' ? [...condition.value] : [];
}

/** Whether a comparison is one of numbers. */
export function isNumberComparison(comparison: TextComparison | NumberComparison): comparison is NumberComparison {
  return numberFields.some((field) => field === comparison.field);
}

/** Kleene's logic of three values; `undefined` is the third. */
function answer(condition: Condition, facts: PricingFacts): boolean | undefined {
  if ('all' in condition) {
    const answers = condition.all.map((part) => answer(part, facts));
    return answers.includes(false) ? false : answers.includes(undefined) ? undefined : true;
  }
  if ('any' in condition) {
    const answers = condition.any.map((part) => answer(part, facts));
    return answers.includes(true) ? true : answers.includes(undefined) ? undefined : false;
  }
  if ('not' in condition) {
    const negated = answer(condition.not, facts);
    return negated === undefined ? undefined : !negated;
  }
  if (isNumberComparison(condition)) return holdsForNumber(condition, facts[condition.field]);
  const fact = facts[condition.field];
  return fact === null ? undefined : holdsForText(condition, fact);
}

function holdsForText(condition: TextComparison, fact: string): boolean {
  switch (condition.op) {
    case 'IN':
      return condition.value.includes(fact);
    case 'NIN':
      return !condition.value.includes(fact);
    case 'EQ':
      return fact === condition.value;
    case 'NE':
      return fact !== condition.value;
  }
}

function holdsForNumber(condition: NumberComparison, fact: Decimal): boolean {
  switch (condition.op) {
    case 'BETWEEN':
      return fact.gte(condition.value[0]) && fact.lte(condition.value[1]);
    case 'GT':
      return fact.gt(condition.value);
    case 'GTE':
      return fact.gte(condition.value);
    case 'LT':
      return fact.lt(condition.value);
    case 'LTE':
      return fact.lte(condition.value);
    case 'EQ':
      return fact.eq(condition.value);
    case 'NE':
      return !fact.eq(condition.value);
  }
}
