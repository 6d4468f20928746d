import { z } from 'zod';
import { decimal } from '#shared/decimal.ts';
import { currencies } from '#shared/money.ts';
import { numberFields, type Condition } from './domain/rule-condition.ts';

/** A name in capitals, such as a customer group or a coupon. */
export const codeFormat = z
  .string()
  .regex(/^[A-Z0-9][A-Z0-9_-]{0,63}$/, 'must be 1 to 64 capital letters, digits, dashes or underscores');

/** What the texts that a rule may ask about can be. */
export const textFormats = {
  side: z.enum(['BUY', 'SELL']),
  sku: z.string().regex(/^[A-Z0-9-]{1,64}$/, 'must be a SKU, such as BAR-100G'),
  kind: z.enum(['BAR', 'COIN']),
  metal: z.enum(['XAU', 'XAG']),
  currency: z.enum(currencies as [string, ...string[]]),
  customerGroup: codeFormat,
  coupon: codeFormat,
};

/** A number in a rule: an exact decimal as text. */
export const amountFormat = z
  .string()
  .regex(/^\d{1,15}(\.\d{1,18})?$/, 'must be a decimal that is not negative, as text')
  .transform((text) => decimal(text));

const comparisons = Object.entries(textFormats).flatMap(([field, value]) => [
  z.strictObject({ field: z.literal(field), op: z.enum(['EQ', 'NE']), value }),
  z.strictObject({ field: z.literal(field), op: z.enum(['IN', 'NIN']), value: z.array(value).min(1) }),
]);

const numberField = z.enum(numberFields);

/** A condition as it is stored: JSON with exact decimals as text. */
export const conditionFormat = z.lazy(() =>
  z.union([
    z.strictObject({ all: z.array(conditionFormat) }),
    z.strictObject({ any: z.array(conditionFormat).min(1) }),
    z.strictObject({ not: conditionFormat }),
    ...comparisons,
    z.strictObject({ field: numberField, op: z.enum(['EQ', 'NE', 'GT', 'GTE', 'LT', 'LTE']), value: amountFormat }),
    z.strictObject({ field: numberField, op: z.literal('BETWEEN'), value: z.tuple([amountFormat, amountFormat]) }),
  ]),
) as z.ZodType<Condition>;
