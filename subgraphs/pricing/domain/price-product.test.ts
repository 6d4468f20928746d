import { describe, expect, it } from '@jest/globals';
import { decimal } from '#shared/decimal.ts';
import { currencyExponent } from '#shared/money.ts';
import { priceProduct, type PricedTotal, type PricingInput } from './price-product.ts';
import { aRule, ounceBar, percent } from './pricing-builders.ts';
import type { Effect, PricingRule } from './pricing-rule.ts';
import { dealerRounding } from './rounding.ts';

describe('the price of a product', () => {
  it('is the metal at the ask for a customer who buys, and at the bid for one who sells', () => {
    const tick = { bid: '4000.00', ask: '4010.00' };
    expect(priced({ tick, side: 'BUY' }).total.amount.toFixed(2)).toBe('4010.00');
    expect(priced({ tick, side: 'SELL' }).total.amount.toFixed(2)).toBe('4000.00');
  });

  it('is rounded up where the customer pays and down where the customer receives', () => {
    const tick = { bid: '4000.001', ask: '4000.001' };
    expect(priced({ tick, side: 'BUY' }).total.amount.toFixed(2)).toBe('4000.01');
    expect(priced({ tick, side: 'SELL' }).total.amount.toFixed(2)).toBe('4000.00');
  });

  it('rounds what is taken off in the favour of the same party', () => {
    const off = aRule({ stage: 'SPREAD', effect: percent('0.001', { sign: '-' }) });
    const tick = { bid: '1000', ask: '1000' };
    // 0.01 exactly; then a hundredth of a cent more than that.
    expect(priced({ tick, side: 'SELL', rules: [off] }).total.amount.toFixed(2)).toBe('999.99');
    const more = aRule({ stage: 'SPREAD', effect: percent('0.00101', { sign: '-' }) });
    expect(priced({ tick, side: 'SELL', rules: [more] }).total.amount.toFixed(2)).toBe('999.98');
    expect(priced({ tick, side: 'BUY', rules: [more] }).total.amount.toFixed(2)).toBe('999.99');
  });

  it('can be rounded otherwise by configuration and by a rule', () => {
    const tick = { bid: '4000.001', ask: '4000.001' };
    const even = { BUY: 'HALF_EVEN', SELL: 'HALF_EVEN' } as const;
    expect(priced({ tick, lineRounding: even }).total.amount.toFixed(2)).toBe('4000.00');
    const down = aRule({
      effect: { type: 'FLAT', value: decimal('0.019'), currency: 'USD', sign: '+', rounding: 'DOWN' },
    });
    expect(priced({ tick, rules: [down] }).lines[1]!.amount.amount.toFixed(2)).toBe('0.01');
  });

  it('applies rules by stage, then priority, then code, in whatever order they are given', () => {
    const rules = [
      aRule({ code: 'TAX', stage: 'TAX', effect: percent('20', { base: 'SUBTOTAL' }) }),
      aRule({ code: 'B', stage: 'PREMIUM', priority: 2 }),
      aRule({ code: 'A', stage: 'PREMIUM', priority: 2 }),
      aRule({ code: 'Z', stage: 'PREMIUM', priority: 1 }),
      aRule({ code: 'SPREAD', stage: 'SPREAD' }),
    ];
    const codes = (given: PricingRule[]) => priced({ rules: given }).lines.map(({ ruleCode }) => ruleCode);
    expect(codes(rules)).toEqual([null, 'SPREAD', 'Z', 'A', 'B', 'TAX']);
    expect(codes(rules.toReversed())).toEqual(codes(rules));
  });

  it('takes a percent of the metal, or of everything before the line', () => {
    const rules = [
      aRule({ code: 'ONE', effect: percent('10') }),
      aRule({ code: 'TWO', effect: percent('10') }),
      aRule({ code: 'TAX', stage: 'TAX', effect: percent('10', { base: 'SUBTOTAL' }) }),
    ];
    expect(amounts(priced({ tick: { bid: '100', ask: '100' }, rules }))).toEqual(['100.00', '10.00', '10.00', '12.00']);
  });

  it('counts amounts by the gram of fine metal, by the piece, or once', () => {
    const effects = (['PER_GRAM', 'PER_PIECE', 'FLAT'] as const).map((type): Effect => ({
      type,
      value: decimal('0.5'),
      currency: 'USD',
      sign: '+',
    }));
    const rules = effects.map((effect, index) => aRule({ code: `R${index}`, effect }));
    const price = priced({ product: { ...ounceBar, fineWeightGrams: decimal('10') }, quantity: 3, rules });
    expect(amounts(price).slice(1)).toEqual(['15.00', '1.50', '0.50']);
  });

  it('leaves out amounts of another currency, because nothing says what they are worth', () => {
    const fee = aRule({ effect: { type: 'FLAT', value: decimal('5'), currency: 'EUR', sign: '+' } });
    expect(priced({ rules: [fee] }).lines).toHaveLength(1);
  });

  it('ends with what brings the total to an amount that can be paid, and with nothing where it can be paid as it is', () => {
    const tick = { bid: '4500000001', ask: '4500000001' };
    const cash = aRule({
      code: 'CASH',
      stage: 'ROUNDING',
      effect: { type: 'ROUND', step: decimal('10000'), currency: 'IRR' },
    });
    const inRial = (side: 'BUY' | 'SELL', ask = tick) => priced({ tick: ask, side, currency: 'IRR', rules: [cash] });
    expect(amounts(inRial('BUY'))).toEqual(['4500000001', '9999']);
    expect(amounts(inRial('SELL'))).toEqual(['4500000001', '-1']);
    expect(amounts(inRial('BUY', { bid: '4500000000', ask: '4500000000' }))).toEqual(['4500000000']);
  });

  it('shows an exemption as a line of nothing', () => {
    const price = priced({ rules: [aRule({ code: 'EXEMPT', stage: 'TAX', name: 'exempt', effect: percent('0') })] });
    expect(price.lines.at(-1)).toMatchObject({ label: 'exempt', ruleCode: 'EXEMPT', ruleVersion: 1 });
  });

  it('says its premium over the metal in percent with 4 decimals, negative below it', () => {
    const tick = { bid: '3000', ask: '3000' };
    expect(priced({ tick, rules: [aRule({ effect: percent('3.5') })] }).premiumPercent.toFixed(4)).toBe('3.5000');
    const off = aRule({ effect: percent('0.5', { sign: '-' }) });
    expect(priced({ tick, side: 'SELL', rules: [off] }).premiumPercent.toFixed(4)).toBe('-0.5000');
  });

  it.each([
    ['BUY', '4001', '1.00'],
    ['SELL', '3999', '-1.00'],
  ] as const)('has a line that doubles the spread of a %s while the market moves fast', (side, value, wider) => {
    const breaker = { state: 'DEGRADED', reason: 'The price moved 1.2 % within a minute', until: 0 } as const;
    const tick = { bid: '3999', ask: '4001', breaker };
    const price = priced({ side, tick });
    expect(price.lines).toMatchObject([
      { stage: 'METAL_VALUE', ruleCode: null },
      { stage: 'SPREAD', ruleCode: null, ruleVersion: null },
    ]);
    expect(amounts(price)).toEqual([`${value}.00`, wider]);
    expect(amounts(priced({ side, tick: { bid: '3999', ask: '4001' } }))).toEqual([`${value}.00`]);
  });

  // Test vector: 5019.315 USD an ounce is 161.3747 a gram of 24 karat, and so on by exact 24ths.
  it.each([
    [24, '161.3747'],
    [22, '147.9268'],
    [21, '141.2029'],
    [18, '121.0310'],
  ])('of 100 kg of %i karat gold at 5019.315 an ounce is %s a gram', (karat, perGram) => {
    const product = { ...ounceBar, fineWeightGrams: decimal(karat).div(24) };
    const tick = { bid: '5019.315', ask: '5019.315' };
    const price = priced({ product, quantity: 100_000, tick, side: 'SELL' });
    expect(price.total.amount.div(100_000).toFixed(4)).toBe(perGram);
  });
});

function priced(input: Partial<PricingInput>): PricedTotal {
  const tick = { bid: '4000', ask: '4000' };
  return priceProduct({
    product: ounceBar,
    side: 'BUY',
    quantity: 1,
    currency: 'USD',
    tick,
    rules: [],
    lineRounding: dealerRounding,
    ...input,
  });
}

function amounts({ lines }: PricedTotal): string[] {
  return lines.map(({ amount }) => amount.amount.toFixed(currencyExponent(amount.currency)));
}
