import { Decimal, decimal } from '#shared/decimal.ts';
import { roundMoney, type Money } from '#shared/money.ts';
import type { UnsequencedTick } from '#shared/ticks/tick.ts';
import { gramsPer } from '#shared/weight.ts';
import type { PricedProduct, TradeSide } from './priced-product.ts';
import { sizeOf } from './effect-size.ts';
import { inPricingOrder, type Effect, type PricingRule, type PricingStage } from './pricing-rule.ts';
import { roundLine, roundToStep, type LineRounding } from './rounding.ts';
import { factsOf, holds, type PricedFor, type PricingFacts } from './rule-condition.ts';

/** One step of a price. The rule's code and version are null for what no rule made: the value of the metal, and a spread that the market has widened. */
export type PriceLine = {
  stage: PricingStage;
  label: string;
  amount: Money;
  ruleCode: string | null;
  ruleVersion: number | null;
};

/** What a number of pieces costs (BUY) or brings (SELL). `total` is the sum of `lines`, exactly. */
export type PricedTotal = { unitPrice: Money; total: Money; premiumPercent: Decimal; lines: PriceLine[] };

export type PricingInput = {
  product: PricedProduct;
  side: TradeSide;
  /** Pieces. */
  quantity: number;
  /** The currency of the tick, and so of the price. */
  currency: string;
  /** Prices of a troy ounce of fine metal in `currency`, exact decimals, and what the circuit breaker says of them. */
  tick: Pick<UnsequencedTick, 'bid' | 'ask' | 'breaker'>;
  /** Rules in force, in any order. */
  rules: readonly PricingRule[];
  lineRounding: LineRounding;
  /** Who the price is for; nobody where it is left out. */
  pricedFor?: PricedFor;
};

/**
 * Prices a product at one tick: the fine metal at the ask (BUY) or bid (SELL), where the market moves too fast half its
 * spread once more, so that the spread is doubled, then one line for each rule that applies, by stage, priority and code. Each line is rounded once, at the currency's exponent; nothing else is rounded.
 * `premiumPercent` compares the total with the line of the metal's value, 4 decimals, half-even.
 * @throws DomainError BAD_USER_INPUT for a currency that is not traded here
 */
export function priceProduct(input: PricingInput): PricedTotal {
  const { product, side, currency, lineRounding } = input;
  const quantity = decimal(input.quantity);
  const facts = factsOf(product, side, quantity, currency, input.pricedFor);
  const price = side === 'BUY' ? input.tick.ask : input.tick.bid;
  // Divided last, so that nothing is lost before the one rounding.
  const exactValue = facts.totalFineGrams.times(price).div(gramsPer('TROY_OUNCE'));
  const metalValue = roundLine(exactValue, currency, lineRounding[side]).amount;
  const lines: PriceLine[] = [
    {
      stage: 'METAL_VALUE',
      label: `${facts.totalFineGrams.toFixed()} g of fine ${metalNames[product.metal]} at ${price} ${currency} an ounce`,
      amount: { amount: metalValue, currency },
      ruleCode: null,
      ruleVersion: null,
    },
  ];
  let subtotal = metalValue;
  if (input.tick.breaker) {
    const halfSpread = new Decimal(input.tick.ask).minus(input.tick.bid).div(2);
    const worth = facts.totalFineGrams.times(halfSpread).div(gramsPer('TROY_OUNCE'));
    const { amount } = roundLine(side === 'BUY' ? worth : worth.negated(), currency, lineRounding[side]);
    subtotal = subtotal.plus(amount);
    lines.push({
      stage: 'SPREAD',
      label: 'A wider spread while the market moves fast',
      amount: { amount, currency },
      ruleCode: null,
      ruleVersion: null,
    });
  }
  for (const rule of input.rules.filter((candidate) => applies(candidate, facts)).toSorted(inPricingOrder)) {
    const amount = lineAmount(rule.effect, { facts, metalValue, subtotal, lineRounding })?.amount;
    // A total that can be paid as it is needs no line; any other rule shows that it was applied, an exemption too.
    if (!amount || (rule.stage === 'ROUNDING' && amount.isZero())) continue;
    subtotal = subtotal.plus(amount);
    lines.push({
      stage: rule.stage,
      label: rule.name,
      amount: { amount, currency },
      ruleCode: rule.code,
      ruleVersion: rule.version,
    });
  }
  return {
    unitPrice: roundMoney(subtotal.div(quantity), currency, 'HALF_EVEN'),
    total: { amount: subtotal, currency },
    premiumPercent: premiumPercent(subtotal, metalValue),
    lines,
  };
}

const metalNames = { XAU: 'gold', XAG: 'silver' } as const satisfies Record<PricedProduct['metal'], string>;

/** An amount of money says something about prices in its own currency only. */
function applies(rule: PricingRule, facts: PricingFacts): boolean {
  const { effect } = rule;
  return (
    (!('currency' in effect) || effect.currency === undefined || effect.currency === facts.currency) &&
    holds(rule.conditions, facts)
  );
}

/** Undefined where the effect has no tier for it. */
function lineAmount(
  effect: Effect,
  so: { facts: PricingFacts; metalValue: Decimal; subtotal: Decimal; lineRounding: LineRounding },
): Money | undefined {
  const { currency, side } = so.facts;
  const mode = effect.rounding ?? so.lineRounding[side];
  if (effect.type === 'ROUND') {
    return { amount: roundToStep(so.subtotal, effect.step, mode).minus(so.subtotal), currency };
  }
  const size = sizeOf(effect, so);
  return size && roundLine(effect.sign === '-' ? size.negated() : size, currency, mode);
}

/** A crumb of metal can be worth nothing in whole coins of its currency; it has no premium. */
function premiumPercent(total: Decimal, metalValue: Decimal): Decimal {
  if (metalValue.isZero()) return new Decimal(0);
  return total.minus(metalValue).times(100).div(metalValue).toDecimalPlaces(4, Decimal.ROUND_HALF_EVEN);
}
