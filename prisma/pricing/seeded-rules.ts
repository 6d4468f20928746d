import type { StoredRule } from '../../subgraphs/pricing/rule-format.ts';

/** The rules that a new system begins with. Percents and sizes are those of a mid-sized dealer; nothing else knows them. */
export const seededRules: StoredRule[] = [
  ...premiums(
    'PREMIUM-GOLD-BAR',
    'gold bars',
    { metal: 'XAU', kind: 'BAR' },
    // Percent from so many grams of fine metal on: the smaller the bar, the dearer its making.
    [
      ['0', '12'],
      ['2', '8'],
      ['4.9', '5.5'],
      ['9.9', '4'],
      ['19.9', '3'],
      ['49.9', '2.4'],
      ['99', '1.9'],
      ['249', '1.5'],
      ['999', '1.2'],
      ['10000', '0.6'],
    ],
  ),
  ...premiums('PREMIUM-GOLD-COIN', 'gold coins', { metal: 'XAU', kind: 'COIN' }, [
    ['0', '6'],
    ['7', '4.5'],
    ['30', '3.5'],
  ]),
  ...premiums('PREMIUM-SILVER-BAR', 'silver bars', { metal: 'XAG', kind: 'BAR' }, [
    ['0', '12'],
    ['499', '9'],
    ['999', '6.5'],
  ]),
  ...premiums('PREMIUM-SILVER-COIN', 'silver coins', { metal: 'XAG', kind: 'COIN' }, [['0', '14']]),

  spread('SPREAD-GOLD-BAR-LARGE', 'Dealer spread, large gold bars', '0.5', [
    ...is({ metal: 'XAU', kind: 'BAR' }),
    { field: 'fineGrams', op: 'GTE', value: '49.9' },
  ]),
  spread('SPREAD-GOLD-BAR-SMALL', 'Dealer spread, small gold bars', '1.5', [
    ...is({ metal: 'XAU', kind: 'BAR' }),
    { field: 'fineGrams', op: 'LT', value: '49.9' },
  ]),
  spread('SPREAD-GOLD-COIN', 'Dealer spread, gold coins', '2', is({ metal: 'XAU', kind: 'COIN' })),
  spread('SPREAD-SILVER', 'Dealer spread, silver', '3', is({ metal: 'XAG' })),

  rule({
    code: 'DISCOUNT-GOLD-BAR-10',
    name: 'Discount from 10 gold bars on',
    stage: 'DISCOUNT',
    priority: 100,
    conditions: {
      all: [...is({ side: 'BUY', metal: 'XAU', kind: 'BAR' }), { field: 'quantity', op: 'GTE', value: '10' }],
    },
    effect: { type: 'PERCENT', base: 'METAL_VALUE', value: '0.25', sign: '-' },
  }),

  // Of the pieces from the 11th on, and from the 51st on.
  rule({
    code: 'DISCOUNT-GOLD-COIN-QUANTITY',
    name: 'Quantity discount, gold coins',
    stage: 'DISCOUNT',
    priority: 100,
    conditions: { all: is({ side: 'BUY', metal: 'XAU', kind: 'COIN' }) },
    effect: {
      type: 'TIERED',
      over: 'quantity',
      tierMode: 'GRADUATED',
      of: 'PERCENT',
      base: 'METAL_VALUE',
      tiers: [
        { from: '10', to: '50', value: '0.25' },
        { from: '50', to: null, value: '0.5' },
      ],
      sign: '-',
    },
  }),
  rule({
    code: 'DISCOUNT-WHOLESALE',
    name: 'Wholesale discount',
    stage: 'DISCOUNT',
    priority: 200,
    conditions: { all: is({ side: 'BUY', metal: 'XAU', customerGroup: 'WHOLESALE' }) },
    effect: { type: 'PERCENT', base: 'METAL_VALUE', value: '0.2', sign: '-' },
  }),
  rule({
    code: 'COUPON-WELCOME',
    name: 'Coupon WELCOME',
    stage: 'DISCOUNT',
    priority: 300,
    conditions: { all: is({ side: 'BUY', metal: 'XAU', coupon: 'WELCOME' }) },
    effect: { type: 'PERCENT', base: 'METAL_VALUE', value: '0.1', sign: '-' },
  }),

  // Council Directive 2006/112/EC, article 344: bars from 995 and coins from 900 permille are investment gold.
  rule({
    code: 'TAX-INVESTMENT-GOLD',
    name: 'VAT: investment gold is exempt',
    stage: 'TAX',
    priority: 100,
    conditions: { all: [...is({ side: 'BUY', metal: 'XAU' }), investmentGrade()] },
    effect: { type: 'PERCENT', base: 'SUBTOTAL', value: '0' },
  }),
  rule({
    code: 'TAX-STANDARD',
    name: 'VAT 20 %',
    stage: 'TAX',
    priority: 200,
    conditions: {
      all: [...is({ side: 'BUY' }), { not: { all: [...is({ metal: 'XAU' }), investmentGrade()] } }],
    },
    effect: { type: 'PERCENT', base: 'SUBTOTAL', value: '20' },
  }),

  // What can be paid in cash. The way they are rounded is that of every line.
  cash('IRR', '10000', 'Rounded to 1000 toman'),
  cash('TRY', '1', 'Rounded to whole lira'),
  cash('AED', '0.25', 'Rounded to 25 fils'),
  cash('CHF', '0.05', 'Rounded to 5 rappen'),
];

type RuleFacts = Pick<StoredRule, 'code' | 'name' | 'stage' | 'priority' | 'conditions' | 'effect'>;

function rule(facts: RuleFacts): StoredRule {
  return { ...facts, version: 1, validFrom: null, validTo: null };
}

/** One rule for each size; `from` is in grams of fine metal in one piece, up to the next. */
function premiums(
  code: string,
  what: string,
  product: Record<string, string>,
  bands: [from: string, percent: string][],
) {
  return bands.map(([from, percent], index) => {
    const to = bands[index + 1]?.[0];
    return rule({
      code: `${code}-${index + 1}`,
      name: `Premium ${percent} %, ${what}`,
      stage: 'PREMIUM',
      priority: 100,
      conditions: {
        all: [
          ...is({ side: 'BUY', ...product }),
          { field: 'fineGrams', op: 'GTE', value: from },
          ...(to === undefined ? [] : [{ field: 'fineGrams', op: 'LT', value: to }]),
        ],
      },
      effect: { type: 'PERCENT', base: 'METAL_VALUE', value: percent },
    });
  });
}

function spread(code: string, name: string, percent: string, conditions: unknown[]): StoredRule {
  return rule({
    code,
    name,
    stage: 'SPREAD',
    priority: 100,
    conditions: { all: [...is({ side: 'SELL' }), ...conditions] },
    effect: { type: 'PERCENT', base: 'METAL_VALUE', value: percent, sign: '-' },
  });
}

function cash(currency: string, step: string, name: string): StoredRule {
  return rule({
    code: `ROUNDING-${currency}`,
    name,
    stage: 'ROUNDING',
    priority: 100,
    conditions: { all: is({ currency }) },
    effect: { type: 'ROUND', step, currency },
  });
}

function is(facts: Record<string, string>) {
  return Object.entries(facts).map(([field, value]) => ({ field, op: 'EQ', value }));
}

function investmentGrade() {
  return {
    any: [
      { all: [...is({ kind: 'BAR' }), { field: 'fineness', op: 'GTE', value: '995' }] },
      { all: [...is({ kind: 'COIN' }), { field: 'fineness', op: 'GTE', value: '900' }] },
    ],
  };
}
