import { sum, type Decimal } from '#shared/decimal.ts';
import type { AmountEffect, Effect, PercentEffect, RoundEffect, TieredEffect } from './pricing-rule.ts';
import type { PricingFacts } from './rule-condition.ts';

/** What an effect is measured by: the value of the metal, and all lines before its own, in the price's currency. */
export type EffectGround = { facts: PricingFacts; metalValue: Decimal; subtotal: Decimal };

/**
 * How much an effect adds or takes away, exact and without its sign, in the price's currency.
 * @returns `undefined` where no tier of the effect is reached
 */
export function sizeOf(effect: Exclude<Effect, RoundEffect>, ground: EffectGround): Decimal | undefined {
  if (effect.type !== 'TIERED') return plainSize(effect.type, effect.value, baseOf(effect), ground);
  return effect.tierMode === 'SLAB' ? slabSize(effect, ground) : graduatedSize(effect, ground);
}

type Kind = PercentEffect['type'] | AmountEffect['type'];

function plainSize(
  kind: Kind,
  value: Decimal,
  base: PercentEffect['base'],
  { facts, metalValue, subtotal }: EffectGround,
): Decimal {
  switch (kind) {
    case 'PERCENT':
      return (base === 'METAL_VALUE' ? metalValue : subtotal).times(value).div(100);
    case 'PER_GRAM':
      return facts.totalFineGrams.times(value);
    case 'PER_PIECE':
      return facts.quantity.times(value);
    case 'FLAT':
      return value;
  }
}

/** All of it at the value of the tier that it is in. */
function slabSize(effect: TieredEffect, ground: EffectGround): Decimal | undefined {
  const measure = measureOf(effect, ground);
  const tier = effect.tiers.find(({ from, to }) => measure.gte(from) && (to === null || measure.lt(to)));
  return tier && plainSize(effect.of, tier.value, baseOf(effect), ground);
}

/** Each part at the value of its own tier: every size is proportional to the value, so the values are weighted first. */
function graduatedSize(effect: TieredEffect, ground: EffectGround): Decimal | undefined {
  const measure = measureOf(effect, ground);
  const reached = effect.tiers.filter(({ from }) => measure.gt(from));
  if (reached.length === 0) return undefined;
  const weighted = sum(
    reached.map(({ from, to, value }) => (to === null || measure.lt(to) ? measure : to).minus(from).times(value)),
  );
  return plainSize(effect.of, weighted, baseOf(effect), ground).div(measure);
}

function measureOf({ over }: TieredEffect, { facts, metalValue }: EffectGround): Decimal {
  return over === 'metalValue' ? metalValue : facts[over];
}

function baseOf(effect: PercentEffect | AmountEffect | TieredEffect): PercentEffect['base'] {
  return 'base' in effect && effect.base !== undefined ? effect.base : 'METAL_VALUE';
}
