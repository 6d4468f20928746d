import { z } from 'zod';
import { decimal } from '#shared/decimal.ts';
import { badInput } from '#shared/errors.ts';
import { currencies, currencyExponent } from '#shared/money.ts';
import { pricingStages, type Effect, type PricingRule } from './domain/pricing-rule.ts';
import type { Condition } from './domain/rule-condition.ts';

/** A rule as it is stored: conditions and effect are JSON, numbers in them exact decimals as text. */
export type StoredRule = Omit<PricingRule, 'conditions' | 'effect' | 'stage' | 'validFrom' | 'validTo'> & {
  stage: string;
  conditions: unknown;
  effect: unknown;
  validFrom: Date | null;
  validTo: Date | null;
};

/**
 * Reads a stored rule.
 * @throws DomainError BAD_USER_INPUT for anything that is not known here, be it a field, an operator or a stray key: a
 * rule is read as a whole or not at all, never guessed
 */
export function readRule(stored: StoredRule): PricingRule {
  const result = ruleFormat.safeParse({
    ...stored,
    validFrom: stored.validFrom?.getTime() ?? null,
    validTo: stored.validTo?.getTime() ?? null,
  });
  if (result.success) return result.data;
  throw badInput(`The rule ${stored.code} cannot be read: ${z.prettifyError(result.error).replaceAll(/\s+/g, ' ')}`);
}

const amount = z
  .string()
  .regex(/^\d{1,15}(\.\d{1,18})?$/, 'must be a decimal that is not negative, as text')
  .transform((text) => decimal(text));

const texts = {
  side: z.enum(['BUY', 'SELL']),
  sku: z.string().regex(/^[A-Z0-9-]{1,64}$/),
  kind: z.enum(['BAR', 'COIN']),
  metal: z.enum(['XAU', 'XAG']),
  currency: z.enum(currencies as [string, ...string[]]),
};

const comparisons = Object.entries(texts).flatMap(([field, value]) => [
  z.strictObject({ field: z.literal(field), op: z.enum(['EQ', 'NE']), value }),
  z.strictObject({ field: z.literal(field), op: z.enum(['IN', 'NIN']), value: z.array(value).min(1) }),
]);

const numberField = z.enum(['fineness', 'fineGrams', 'quantity', 'totalFineGrams']);

const conditionFormat = z.lazy(() =>
  z.union([
    z.strictObject({ all: z.array(conditionFormat) }),
    z.strictObject({ any: z.array(conditionFormat).min(1) }),
    z.strictObject({ not: conditionFormat }),
    ...comparisons,
    z.strictObject({ field: numberField, op: z.enum(['EQ', 'NE', 'GT', 'GTE', 'LT', 'LTE']), value: amount }),
    z.strictObject({ field: numberField, op: z.literal('BETWEEN'), value: z.tuple([amount, amount]) }),
  ]),
) as z.ZodType<Condition>;

const rounding = z.enum(['UP', 'DOWN', 'HALF_UP', 'HALF_EVEN']).optional();
const sign = z.enum(['+', '-']).default('+');

const effectFormat = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('PERCENT'),
    base: z.enum(['METAL_VALUE', 'SUBTOTAL']),
    value: amount,
    sign,
    rounding,
  }),
  z.strictObject({
    type: z.enum(['PER_GRAM', 'PER_PIECE', 'FLAT']),
    value: amount,
    currency: texts.currency,
    sign,
    rounding,
  }),
  z
    .strictObject({ type: z.literal('ROUND'), step: amount, currency: texts.currency, rounding })
    .refine(
      ({ step, currency }) => !step.isZero() && step.decimalPlaces() <= currencyExponent(currency),
      'step must be an amount that the currency has coins for',
    ),
]) satisfies z.ZodType<Effect>;

const ruleFormat = z
  .object({
    code: z.string().min(1),
    version: z.int().positive(),
    name: z.string().min(1),
    stage: z.enum(pricingStages).exclude(['METAL_VALUE']),
    priority: z.int(),
    conditions: conditionFormat,
    effect: effectFormat,
    validFrom: z.number().nullable(),
    validTo: z.number().nullable(),
  })
  .refine(
    ({ stage, effect }) => (stage === 'ROUNDING') === (effect.type === 'ROUND'),
    'an effect ROUND belongs to the stage ROUNDING, and nothing else does',
  );
