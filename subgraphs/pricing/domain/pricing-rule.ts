import type { Decimal } from '#shared/decimal.ts';
import type { RoundingMode } from '#shared/money.ts';
import type { Condition } from './rule-condition.ts';

/** The steps of a price, in their order. The metal's value has no rules: it is what the market says. */
export const pricingStages = ['METAL_VALUE', 'SPREAD', 'PREMIUM', 'DISCOUNT', 'FEE', 'TAX', 'ROUNDING'] as const;
export type PricingStage = (typeof pricingStages)[number];

/** `+` adds to the total, `-` takes away. */
export type Sign = '+' | '-';

/** A part of the metal's value, or of everything before this line; `value` in percent. */
export type PercentEffect = {
  type: 'PERCENT';
  base: 'METAL_VALUE' | 'SUBTOTAL';
  value: Decimal;
  sign: Sign;
  rounding?: RoundingMode | undefined;
};

/** An amount of money for each gram of fine metal, each piece, or in all. It applies to prices in its currency only. */
export type AmountEffect = {
  type: 'PER_GRAM' | 'PER_PIECE' | 'FLAT';
  value: Decimal;
  currency: string;
  sign: Sign;
  rounding?: RoundingMode | undefined;
};

/** What makes the total a multiple of `step`, in prices of its currency only. */
export type RoundEffect = { type: 'ROUND'; step: Decimal; currency: string; rounding?: RoundingMode | undefined };

/** From `from` on, up to but without `to`; the last tier may have no end. */
export type Tier = { from: Decimal; to: Decimal | null; value: Decimal };

/** What decides the tier: pieces, grams of fine metal in all, or the metal's value in `currency`. */
export type TierMeasure = 'quantity' | 'totalFineGrams' | 'metalValue';

/**
 * A value that depends on how much is traded. Tiers are in ascending order and each begins where the one before it ends.
 * SLAB: all of it has the value of the tier that it is in. GRADUATED: each part has the value of its own tier. What lies
 * outside of all tiers is left out. `of` says what the values are: percents of `base`, or money in `currency` (which an
 * effect over the metal's value needs as well).
 */
export type TieredEffect = {
  type: 'TIERED';
  over: TierMeasure;
  tierMode: 'SLAB' | 'GRADUATED';
  of: 'PERCENT' | 'PER_GRAM' | 'PER_PIECE' | 'FLAT';
  base?: 'METAL_VALUE' | 'SUBTOTAL' | undefined;
  currency?: string | undefined;
  tiers: readonly Tier[];
  sign: Sign;
  rounding?: RoundingMode | undefined;
};

export type Effect = PercentEffect | AmountEffect | TieredEffect | RoundEffect;

/** One version of a rule. Instants are epoch milliseconds; `validTo` itself is outside. */
export type PricingRule = {
  code: string;
  version: number;
  /** What the line is called, in words for people. */
  name: string;
  stage: PricingStage;
  priority: number;
  conditions: Condition;
  effect: Effect;
  validFrom: number | null;
  validTo: number | null;
};

/** What becomes of a version of a rule. */
export const ruleStatuses = ['DRAFT', 'ACTIVE', 'RETIRED'] as const;
export type RuleStatus = (typeof ruleStatuses)[number];

/** The rules that are valid at an instant. */
export function rulesInForce(rules: readonly PricingRule[], now: number): PricingRule[] {
  return rules.filter(
    ({ validFrom, validTo }) => (validFrom === null || validFrom <= now) && (validTo === null || now < validTo),
  );
}

/** Orders rules as they apply: by stage, then priority (low first), then code, so that a price is always the same. */
export function inPricingOrder(one: PricingRule, other: PricingRule): number {
  return (
    pricingStages.indexOf(one.stage) - pricingStages.indexOf(other.stage) ||
    one.priority - other.priority ||
    (one.code < other.code ? -1 : 1)
  );
}
