import { invalidInput, type InputIssue } from '#shared/refusal.ts';
import { codeFormat } from './condition-format.ts';
import { readCondition } from './condition-input.ts';
import type { Effect, PricingStage } from './domain/pricing-rule.ts';
import type { Condition } from './domain/rule-condition.ts';
import { readEffect } from './effect-input.ts';
import type { CreatePricingRuleInput } from './generated/resolver-types.ts';

/** A rule that has no version yet. Instants are epoch milliseconds. */
export type NewRule = {
  code: string;
  name: string;
  stage: PricingStage;
  priority: number;
  conditions: Condition;
  effect: Effect;
  validFrom: number | null;
  validTo: number | null;
};

const longestName = 100;
const highestPriority = 10_000;

/**
 * Reads a rule as clients send it.
 * @param now epoch milliseconds
 * @throws Refusal InvalidInputError with everything that is wrong with it
 */
export function readRuleInput(input: Omit<CreatePricingRuleInput, 'idempotencyKey'>, now: number): NewRule {
  const issues: InputIssue[] = [];
  const refuse = (field: string, message: string) => issues.push({ path: ['input', field], message });
  const { code, stage, priority } = input;
  const name = input.name.trim();
  const [validFrom, validTo] = [input.validFrom ?? null, input.validTo ?? null];
  const badCode = codeFormat.safeParse(code).error?.issues[0];
  if (badCode) refuse('code', badCode.message);
  if (name === '' || name.length > longestName || /\p{Cc}/u.test(name)) {
    refuse('name', `must have 1 to ${longestName} characters in one line`);
  }
  if (stage === 'METAL_VALUE') refuse('stage', 'must not be METAL_VALUE, which is what the market says');
  if (priority < 0 || priority > highestPriority) refuse('priority', `must be from 0 to ${highestPriority}`);
  if (validTo !== null && validTo <= now) refuse('validTo', 'must be in the future');
  if (validTo !== null && validFrom !== null && validTo <= validFrom) refuse('validTo', 'must be after validFrom');
  const conditions = input.conditions ? readCondition(input.conditions, ['input', 'conditions'], issues) : { all: [] };
  const effect = readEffect(input.effect, ['input', 'effect'], issues);
  if (effect && (stage === 'ROUNDING') !== (effect.type === 'ROUND')) {
    refuse('effect', 'must be round in the stage ROUNDING, and only there');
  }
  const [first, ...more] = issues;
  if (first) throw invalidInput(first, ...more);
  return { code, name, stage, priority, conditions, effect: effect!, validFrom, validTo };
}
