import { decimal } from '#shared/decimal.ts';
import type { PricedProduct } from './priced-product.ts';
import type { Effect, PercentEffect, PricingRule } from './pricing-rule.ts';

/** A bar of one fine troy ounce, priced in dollars. */
export const ounceBar: PricedProduct = {
  sku: 'BAR-1OZ',
  kind: 'BAR',
  metal: 'XAU',
  currency: 'USD',
  fineness: decimal('999.9'),
  fineWeightGrams: decimal('31.1034768'),
};

/** A rule that always applies, with sensible values where none are given. */
export function aRule(values: Partial<PricingRule> = {}): PricingRule {
  return {
    code: 'RULE',
    version: 1,
    name: 'a rule',
    stage: 'PREMIUM',
    priority: 1,
    conditions: { all: [] },
    effect: percent('1'),
    validFrom: null,
    validTo: null,
    ...values,
  };
}

/** Adds a percent of the metal's value where nothing else is given. */
export function percent(value: string, more: Partial<PercentEffect> = {}): Effect {
  return { type: 'PERCENT', base: 'METAL_VALUE', value: decimal(value), sign: '+', ...more };
}
