import type { InputIssue } from '#shared/refusal.ts';
import { checkAmount } from './condition-input.ts';
import type { Effect, TieredEffect } from './domain/pricing-rule.ts';
import { effectIssues } from './effect-format.ts';
import type { PricingEffectInput, PricingTieredInput } from './generated/resolver-types.ts';
import { amountWords, signWords, tierMeasureWords } from './rule-vocabulary.ts';

const mostTiers = 50;

/**
 * Reads an effect as clients send it. What is wrong with it is added to `issues`.
 * @returns `undefined` where it cannot even be told what it is
 */
export function readEffect(input: PricingEffectInput, path: string[], issues: InputIssue[]): Effect | undefined {
  const [kind, ...more] = Object.entries(input).flatMap(([name, value]) => (value ? [name] : []));
  if (kind === undefined || more.length > 0) {
    issues.push({ path, message: 'must have exactly one of its fields' });
    return undefined;
  }
  const at = [...path, kind];
  const effect = effectOf(input);
  for (const [name, value] of numbersOf(effect)) checkAmount(value, [...at, ...name], issues);
  for (const issue of effectIssues(effect)) {
    issues.push({ ...issue, path: [...at, ...issue.path.map((name) => (name === 'tierMode' ? 'mode' : name))] });
  }
  if (effect.type === 'TIERED' && effect.tiers.length > mostTiers) {
    issues.push({ path: [...at, 'tiers'], message: `must have at most ${mostTiers} tiers` });
  }
  return effect;
}

function effectOf({ percent, amount, tiered, round }: PricingEffectInput): Effect {
  if (percent) {
    const { value, base, sign, rounding } = percent;
    return { type: 'PERCENT', value, base, sign: signWords[sign], ...roundedAs(rounding) };
  }
  if (amount) {
    const { value, per, currency, sign, rounding } = amount;
    return { type: amountWords[per], value, currency, sign: signWords[sign], ...roundedAs(rounding) };
  }
  if (tiered) return tieredOf(tiered);
  const { step, currency, rounding } = round!;
  return { type: 'ROUND', step, currency, ...roundedAs(rounding) };
}

function tieredOf({ over, mode, base, per, currency, tiers, sign, rounding }: PricingTieredInput): TieredEffect {
  return {
    type: 'TIERED',
    over: tierMeasureWords[over],
    tierMode: mode,
    of: per ? amountWords[per] : 'PERCENT',
    ...(base && { base }),
    ...(currency && { currency }),
    tiers: tiers.map(({ from, to, value }) => ({ from, to: to ?? null, value })),
    sign: signWords[sign],
    ...roundedAs(rounding),
  };
}

function roundedAs(rounding: Effect['rounding'] | null) {
  return rounding ? { rounding } : {};
}

function numbersOf(effect: Effect) {
  if (effect.type === 'ROUND') return [[['step'], effect.step] as const];
  if (effect.type !== 'TIERED') return [[['value'], effect.value] as const];
  return effect.tiers.flatMap(({ from, to, value }, index) =>
    Object.entries({ from, value, ...(to && { to }) }).map(
      ([name, number]) => [['tiers', String(index), name], number] as const,
    ),
  );
}
