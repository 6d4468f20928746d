import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { decimal, sum } from '#shared/decimal.ts';
import { currencyExponent } from '#shared/money.ts';
import { priceProduct, type PricingInput } from './price-product.ts';
import { aRule, ounceBar } from './pricing-builders.ts';
import { pricingStages } from './pricing-rule.ts';
import { dealerRounding } from './rounding.ts';

describe('whatever the rules', () => {
  it('the lines add up to the total exactly, each with the digits of its currency', () => {
    fc.assert(
      fc.property(inputs, (input) => {
        const { lines, total, unitPrice } = priceProduct(input);
        expect(sum(lines.map(({ amount }) => amount.amount)).eq(total.amount)).toBe(true);
        for (const { amount } of [...lines.map((line) => line.amount), total, unitPrice]) {
          expect(amount.decimalPlaces()).toBeLessThanOrEqual(currencyExponent(input.currency));
        }
      }),
    );
  });

  it('the same input gives the same price, in whatever order the rules come', () => {
    fc.assert(
      fc.property(inputs, (input) => {
        const turned = { ...input, rules: input.rules.toReversed() };
        expect(JSON.stringify(priceProduct(turned))).toBe(JSON.stringify(priceProduct(input)));
      }),
    );
  });

  it('a customer who buys many at once pays no more for the metal than one who buys them singly', () => {
    fc.assert(
      fc.property(inputs, (input) => {
        const metal = (quantity: number) => priceProduct({ ...input, side: 'BUY', rules: [], quantity }).total.amount;
        expect(metal(input.quantity).lte(metal(1).times(input.quantity))).toBe(true);
      }),
    );
  });
});

const amount = (max: number) => fc.integer({ min: 1, max }).map((millis) => decimal(millis).div(1000));
const sign = fc.constantFrom<'+' | '-'>('+', '-');
const currencies = fc.constantFrom('USD', 'IRR', 'KWD');
const effects = fc.oneof(
  fc.record({
    type: fc.constant('PERCENT' as const),
    base: fc.constantFrom<'METAL_VALUE' | 'SUBTOTAL'>('METAL_VALUE', 'SUBTOTAL'),
    value: amount(50_000),
    sign,
  }),
  fc.record({
    type: fc.constantFrom<'PER_GRAM' | 'PER_PIECE' | 'FLAT'>('PER_GRAM', 'PER_PIECE', 'FLAT'),
    value: amount(5_000),
    currency: currencies,
    sign,
  }),
);
const inputs = fc
  .record({
    side: fc.constantFrom<'BUY' | 'SELL'>('BUY', 'SELL'),
    quantity: fc.integer({ min: 1, max: 100_000 }),
    currency: currencies,
    grams: fc.integer({ min: 1, max: 125_000_000_000 }),
    ask: fc.integer({ min: 2, max: 9_000_000 }),
    stages: fc.array(fc.tuple(fc.constantFrom(...pricingStages.slice(1, -1)), effects), { maxLength: 6 }),
    step: fc.constantFrom('1', '5', '10000'),
  })
  .map(({ side, quantity, currency, grams, ask, stages, step }): PricingInput => {
    const rules = stages.map(([stage, effect], index) => aRule({ code: `R${index}`, stage, effect }));
    rules.push(aRule({ code: 'CASH', stage: 'ROUNDING', effect: { type: 'ROUND', step: decimal(step), currency } }));
    return {
      side,
      quantity,
      currency,
      rules,
      lineRounding: dealerRounding,
      product: { ...ounceBar, fineWeightGrams: decimal(grams).div(10_000_000) },
      tick: {
        bid: decimal(ask - 1)
          .div(100)
          .toFixed(),
        ask: decimal(ask).div(100).toFixed(),
      },
    };
  });
