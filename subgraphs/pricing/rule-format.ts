import { z } from 'zod';
import { badInput } from '#shared/errors.ts';
import { conditionFormat } from './condition-format.ts';
import { pricingStages, type PricingRule } from './domain/pricing-rule.ts';
import { effectFormat } from './effect-format.ts';

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
