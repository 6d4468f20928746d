import type { AmountEffect, Sign, TierMeasure } from './domain/pricing-rule.ts';
import type { NumberField, TextField } from './domain/rule-condition.ts';
import type {
  PricingAmountPer,
  PricingNumberField,
  PricingSign,
  PricingTextField,
  PricingTierMeasure,
} from './generated/resolver-types.ts';

// The words of the schema, and those of stored rules.

export const textFieldWords = {
  SIDE: 'side',
  SKU: 'sku',
  KIND: 'kind',
  METAL: 'metal',
  CURRENCY: 'currency',
  CUSTOMER_GROUP: 'customerGroup',
  COUPON: 'coupon',
} as const satisfies Record<PricingTextField, TextField>;

export const numberFieldWords = {
  FINENESS: 'fineness',
  FINE_GRAMS: 'fineGrams',
  QUANTITY: 'quantity',
  TOTAL_FINE_GRAMS: 'totalFineGrams',
} as const satisfies Record<PricingNumberField, NumberField>;

export const tierMeasureWords = {
  QUANTITY: 'quantity',
  TOTAL_FINE_GRAMS: 'totalFineGrams',
  METAL_VALUE: 'metalValue',
} as const satisfies Record<PricingTierMeasure, TierMeasure>;

export const amountWords = {
  GRAM: 'PER_GRAM',
  PIECE: 'PER_PIECE',
  TOTAL: 'FLAT',
} as const satisfies Record<PricingAmountPer, AmountEffect['type']>;

export const signWords = { PLUS: '+', MINUS: '-' } as const satisfies Record<PricingSign, Sign>;

/** The schema's word for a stored one. */
export function schemaWord<Word extends string>(words: Record<Word, string>, stored: string): Word {
  const word = (Object.keys(words) as Word[]).find((candidate) => words[candidate] === stored);
  if (word === undefined) throw new Error(`The schema has no word for ${stored}`);
  return word;
}
