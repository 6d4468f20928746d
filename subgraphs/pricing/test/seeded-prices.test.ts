import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { seededRules } from '#prisma/pricing/seeded-rules.ts';
import { decimal } from '#shared/decimal.ts';
import { priceProduct, type PricedTotal, type PricingInput } from '../domain/price-product.ts';
import { dealerRounding } from '../domain/rounding.ts';
import { readRule } from '../rule-format.ts';

const rules = seededRules.map(readRule);

describe('under the seeded rules', () => {
  it('nobody gains by buying and selling back at once, in whatever group and with whatever coupon', () => {
    fc.assert(
      fc.property(inputs, customers, (input, pricedFor) => {
        const [buy, sell] = [
          priced({ ...input, pricedFor, side: 'BUY' }),
          priced({ ...input, pricedFor, side: 'SELL' }),
        ];
        expect(buy.total.amount.gte(sell.total.amount)).toBe(true);
      }),
    );
  });

  it('more pieces cost more in all, and bring more', () => {
    fc.assert(
      fc.property(inputs, (input) => {
        const [some, more] = [priced(input), priced({ ...input, quantity: input.quantity + 1 })];
        expect(more.total.amount.gte(some.total.amount)).toBe(true);
      }),
    );
  });

  it('a sale never brings less than nothing', () => {
    fc.assert(
      fc.property(inputs, (input) => {
        expect(priced({ ...input, side: 'SELL' }).total.amount.isNegative()).toBe(false);
      }),
    );
  });

  it('the smaller the bar, the dearer its gram', () => {
    const perGram = ['0.9999', '4.9995', '9.999', '49.995', '99.99', '249.975', '999.9'].map((grams) =>
      priced(anInput({ grams, quantity: 1 })).total.amount.div(grams),
    );
    for (const [index, price] of perGram.slice(1).entries()) expect(price.lt(perGram[index]!)).toBe(true);
  });

  it.each([
    ['a bar of 995 permille', { kind: 'BAR', fineness: '995' }, '0.00'],
    ['a coin of 900 permille', { kind: 'COIN', fineness: '900' }, '0.00'],
    ['a bar of 900 permille', { kind: 'BAR', fineness: '900' }, '20.00'],
  ] as const)('a buyer of %s pays the value added tax of such gold', (_what, facts, percent) => {
    const price = priced(anInput({ ...facts, quantity: 1 }));
    const tax = price.lines.find(({ stage }) => stage === 'TAX')!.amount.amount;
    expect(tax.div(price.total.amount.minus(tax)).times(100).toFixed(2)).toBe(percent);
  });

  it('silver carries tax where it is bought and none where it is sold', () => {
    const silver = { metal: 'XAG', fineness: '999' } as const;
    const stages = (side: 'BUY' | 'SELL') => priced({ ...anInput(silver), side }).lines.map(({ stage }) => stage);
    expect(stages('BUY')).toContain('TAX');
    expect(stages('SELL')).not.toContain('TAX');
  });

  it('wholesale customers and coupons have their discounts, which nobody else sees', () => {
    const stages = (pricedFor?: PricingInput['pricedFor']) =>
      priced({ ...anInput({}), pricedFor }).lines.map(({ ruleCode }) => ruleCode);
    const both = { customerGroup: 'WHOLESALE', coupon: 'WELCOME' };
    expect(stages(both).filter((code) => !stages().includes(code))).toEqual(['DISCOUNT-WHOLESALE', 'COUPON-WELCOME']);
    expect(stages({ customerGroup: 'RETAIL', coupon: null })).toEqual(stages());
  });

  it('the 11th coin has the quantity discount, and the ten before it do not', () => {
    const discount = (quantity: number) =>
      priced(anInput({ kind: 'COIN', grams: '31.1034768', quantity, bid: '4000', ask: '4000' })).lines.find(
        ({ ruleCode }) => ruleCode === 'DISCOUNT-GOLD-COIN-QUANTITY',
      )?.amount.amount;
    expect([discount(10), discount(11), discount(60)].map((amount) => amount?.toFixed(2))).toEqual([
      undefined,
      '-10.00',
      '-600.00',
    ]);
  });

  it('a total in rials is a multiple of 1000 toman', () => {
    const { total, lines } = priced({ ...anInput({}), currency: 'IRR' });
    expect(total.amount.mod(10_000).isZero()).toBe(true);
    expect(lines.at(-1)).toMatchObject({ stage: 'ROUNDING', ruleCode: 'ROUNDING-IRR' });
  });
});

function priced(input: Omit<PricingInput, 'rules' | 'lineRounding'>): PricedTotal {
  return priceProduct({ ...input, rules, lineRounding: dealerRounding });
}

type Given = {
  kind?: 'BAR' | 'COIN';
  metal?: 'XAU' | 'XAG';
  fineness?: string;
  grams?: string;
  quantity?: number;
  bid?: string;
  ask?: string;
  currency?: string;
};

function anInput(given: Given) {
  const { kind = 'BAR', metal = 'XAU', fineness = '999.9', grams = '99.99', quantity = 2, currency = 'USD' } = given;
  return {
    product: { sku: 'X', kind, metal, currency, fineness: decimal(fineness), fineWeightGrams: decimal(grams) },
    side: 'BUY' as const,
    quantity,
    currency,
    tick: { bid: given.bid ?? '4084.02', ask: given.ask ?? '4084.61' },
  };
}

const customers = fc.record({
  customerGroup: fc.constantFrom(null, 'RETAIL', 'WHOLESALE'),
  coupon: fc.constantFrom(null, 'WELCOME'),
});

const inputs = fc
  .record({
    kind: fc.constantFrom<'BAR' | 'COIN'>('BAR', 'COIN'),
    metal: fc.constantFrom<'XAU' | 'XAG'>('XAU', 'XAG'),
    fineness: fc.constantFrom('900', '916.6667', '995', '999.9'),
    grams: fc.integer({ min: 1, max: 125_000_000 }).map((millis) => decimal(millis).div(10_000).toFixed()),
    quantity: fc.integer({ min: 1, max: 20 }),
    currency: fc.constantFrom('USD', 'TRY', 'IRR', 'CHF', 'KWD'),
    cents: fc.integer({ min: 1_000, max: 1_000_000 }),
    spread: fc.integer({ min: 1, max: 100 }),
  })
  .map(({ cents, spread, ...given }) =>
    anInput({
      ...given,
      bid: decimal(cents).div(100).toFixed(),
      ask: decimal(cents + spread)
        .div(100)
        .toFixed(),
    }),
  );
