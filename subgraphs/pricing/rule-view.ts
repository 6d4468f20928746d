import { textOf } from './domain/condition-text.ts';
import type { Effect } from './domain/pricing-rule.ts';
import {
  isNumberComparison,
  type Condition,
  type NumberComparison,
  type TextComparison,
} from './domain/rule-condition.ts';
import type { PricingCondition, PricingEffect } from './generated/resolver-types.ts';
import { readRule, type StoredRule } from './rule-format.ts';
import {
  amountWords,
  numberFieldWords,
  schemaWord,
  signWords,
  textFieldWords,
  tierMeasureWords,
} from './rule-vocabulary.ts';

/** When a stored rule applies, in the schema's form; null where the rule cannot be read. */
export function conditionsOf(rule: StoredRule): PricingCondition | null {
  const conditions = readOrNull(rule)?.conditions;
  return conditions ? conditionView(conditions) : null;
}

/** The same in words. */
export function conditionsTextOf(rule: StoredRule): string | null {
  const conditions = readOrNull(rule)?.conditions;
  return conditions ? textOf(conditions) : null;
}

/** What a stored rule does, in the schema's form; null where the rule cannot be read. */
export function effectOf(rule: StoredRule): PricingEffect | null {
  const effect = readOrNull(rule)?.effect;
  return effect ? effectView(effect) : null;
}

function readOrNull(stored: StoredRule) {
  try {
    return readRule(stored);
  } catch {
    return null;
  }
}

function conditionView(condition: Condition): PricingCondition {
  if ('all' in condition) return { all: condition.all.map(conditionView) };
  if ('any' in condition) return { any: condition.any.map(conditionView) };
  if ('not' in condition) return { not: conditionView(condition.not) };
  return isNumberComparison(condition) ? { number: numberView(condition) } : { text: textView(condition) };
}

function numberView(comparison: NumberComparison) {
  const { field, op } = comparison;
  const values = comparison.op === 'BETWEEN' ? [...comparison.value] : [comparison.value];
  return { field: schemaWord(numberFieldWords, field), op, values };
}

function textView(comparison: TextComparison) {
  const { field, op, value } = comparison;
  return { field: schemaWord(textFieldWords, field), op, values: typeof value === 'string' ? [value] : [...value] };
}

function effectView(effect: Effect): PricingEffect {
  const { rounding = null } = effect;
  if (effect.type === 'ROUND') return { round: { step: effect.step, currency: effect.currency, rounding } };
  const sign = schemaWord(signWords, effect.sign);
  if (effect.type === 'PERCENT') return { percent: { value: effect.value, base: effect.base, sign, rounding } };
  if (effect.type !== 'TIERED') {
    const { value, currency } = effect;
    return { amount: { value, per: schemaWord(amountWords, effect.type), currency, sign, rounding } };
  }
  return {
    tiered: {
      over: schemaWord(tierMeasureWords, effect.over),
      mode: effect.tierMode,
      base: effect.base ?? null,
      per: effect.of === 'PERCENT' ? null : schemaWord(amountWords, effect.of),
      currency: effect.currency ?? null,
      tiers: [...effect.tiers],
      sign,
      rounding,
    },
  };
}
