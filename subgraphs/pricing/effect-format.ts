import { z } from 'zod';
import { currencyExponent } from '#shared/money.ts';
import { amountFormat, textFormats } from './condition-format.ts';
import type { Effect, TieredEffect } from './domain/pricing-rule.ts';

const rounding = z.enum(['UP', 'DOWN', 'HALF_UP', 'HALF_EVEN']).optional();
const sign = z.enum(['+', '-']).default('+');
const base = z.enum(['METAL_VALUE', 'SUBTOTAL']);

/** An effect as it is stored: JSON with exact decimals as text. */
export const effectFormat = z
  .discriminatedUnion('type', [
    z.strictObject({ type: z.literal('PERCENT'), base, value: amountFormat, sign, rounding }),
    z.strictObject({
      type: z.enum(['PER_GRAM', 'PER_PIECE', 'FLAT']),
      value: amountFormat,
      currency: textFormats.currency,
      sign,
      rounding,
    }),
    z.strictObject({
      type: z.literal('TIERED'),
      over: z.enum(['quantity', 'totalFineGrams', 'metalValue']),
      tierMode: z.enum(['SLAB', 'GRADUATED']),
      of: z.enum(['PERCENT', 'PER_GRAM', 'PER_PIECE', 'FLAT']),
      base: base.optional(),
      currency: textFormats.currency.optional(),
      tiers: z.array(z.strictObject({ from: amountFormat, to: amountFormat.nullable(), value: amountFormat })),
      sign,
      rounding,
    }),
    z.strictObject({ type: z.literal('ROUND'), step: amountFormat, currency: textFormats.currency, rounding }),
  ])
  .superRefine((effect, context) => {
    for (const { path, message } of effectIssues(effect)) context.addIssue({ code: 'custom', path, message });
  }) satisfies z.ZodType<Effect>;

/** What is wrong with an effect whose parts are all right by themselves; paths as in the stored form. */
export function effectIssues(effect: Effect): { path: string[]; message: string }[] {
  switch (effect.type) {
    case 'ROUND':
      if (!effect.step.isZero() && effect.step.decimalPlaces() <= currencyExponent(effect.currency)) return [];
      return [{ path: ['step'], message: 'must be an amount that the currency has coins for' }];
    case 'TIERED':
      return tieredIssues(effect);
    default:
      return [];
  }
}

function tieredIssues(effect: TieredEffect): { path: string[]; message: string }[] {
  const { tiers, of, over } = effect;
  const isInMoney = of !== 'PERCENT' || over === 'metalValue';
  const issues = tiers.flatMap(({ from, to }, index) => {
    const path = ['tiers', String(index)];
    const next = tiers[index + 1];
    if (to === null && next) return [{ path: [...path, 'to'], message: 'only the last tier has no end' }];
    if (to?.lte(from)) return [{ path: [...path, 'to'], message: 'must be more than from' }];
    if (to === null || !next || next.from.eq(to)) return [];
    return [{ path: ['tiers', String(index + 1), 'from'], message: 'must be where the tier before it ends' }];
  });
  if (tiers.length === 0) issues.push({ path: ['tiers'], message: 'must have at least one tier' });
  if (of === 'FLAT' && effect.tierMode === 'GRADUATED') {
    issues.push({ path: ['tierMode'], message: 'must be SLAB: an amount for everything has no parts' });
  }
  if ((of === 'PERCENT') !== (effect.base !== undefined)) {
    issues.push({ path: ['base'], message: 'is what percents, and only percents, are taken of' });
  }
  if (isInMoney !== (effect.currency !== undefined)) {
    issues.push({
      path: ['currency'],
      message: 'belongs to amounts of money and to tiers over the value of the metal',
    });
  }
  return issues;
}
