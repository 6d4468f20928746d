import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startPricing, type PricingFixture } from './pricing-fixture.ts';
import { rulesOf } from './rule-documents.ts';

let pricing: PricingFixture;
let rules: ReturnType<typeof rulesOf>;

beforeAll(async () => {
  pricing = await startPricing({ seeded: false });
  rules = rulesOf(pricing);
});
afterAll(() => pricing.stop());

const buy = { text: { field: 'SIDE', op: 'EQ', values: ['BUY'] } };
const percent = { percent: { value: '1', base: 'METAL_VALUE' } };
const tier = (from: string, to?: string) => ({ from, to, value: '1' });
const tiered = (more: object) => ({
  tiered: { over: 'QUANTITY', mode: 'SLAB', base: 'METAL_VALUE', tiers: [tier('0')], ...more },
});
const deep = (levels: number): object => (levels === 1 ? buy : { not: deep(levels - 1) });

describe('a rule', () => {
  it('comes back as it was sent', async () => {
    const conditions = {
      all: [
        buy,
        { any: [{ text: { field: 'CUSTOMER_GROUP', op: 'NIN', values: ['VIP', 'STAFF'] } }, { not: buy }] },
        { number: { field: 'FINE_GRAMS', op: 'BETWEEN', values: ['0.5', '31.1034768'] } },
      ],
    };
    const effect = {
      tiered: {
        over: 'METAL_VALUE',
        mode: 'GRADUATED',
        base: 'SUBTOTAL',
        per: null,
        currency: 'USD',
        tiers: [
          { from: '0', to: '30000', value: '0.8' },
          { from: '30000', to: null, value: '0.4' },
        ],
        sign: 'MINUS',
        rounding: 'HALF_EVEN',
      },
    };
    const { id } = await rules.create({ code: 'WHOLE', conditions, effect });
    const document = /* GraphQL */ `
      {
        pricingRules(first: 1, where: { code: "WHOLE" }) {
          nodes {
            id
            conditions {
              all {
                text {
                  field
                  op
                  values
                }
                any {
                  text {
                    field
                    op
                    values
                  }
                  not {
                    text {
                      field
                      op
                      values
                    }
                  }
                }
                number {
                  field
                  op
                  values
                }
              }
            }
            effect {
              percent {
                value
              }
              tiered {
                over
                mode
                base
                per
                currency
                tiers {
                  from
                  to
                  value
                }
                sign
                rounding
              }
            }
          }
        }
      }
    `;
    type Data = { pricingRules: { nodes: { id: string; conditions: unknown; effect: unknown }[] } };
    const { data } = await pricing.client.request<Data>(document, {}, pricing.signedIn('dealer', 'OPERATOR'));
    const [node] = data!.pricingRules.nodes;
    expect(node).toMatchObject({ id, conditions, effect: { ...effect, percent: null } });
  });

  it.each([
    [percent, { percent: { value: '1', base: 'METAL_VALUE', sign: 'PLUS', rounding: null } }, 'FEE'],
    [
      { amount: { value: '2.5', per: 'GRAM', currency: 'EUR', sign: 'MINUS' } },
      { amount: { value: '2.5', per: 'GRAM', currency: 'EUR', sign: 'MINUS', rounding: null } },
      'FEE',
    ],
    [
      { round: { step: '0.05', currency: 'CHF', rounding: 'UP' } },
      { round: { step: '0.05', currency: 'CHF', rounding: 'UP' } },
      'ROUNDING',
    ],
  ])('may do %j', async (effect, shown, stage) => {
    const { code } = await rules.create({ code: `EFFECT-${Object.keys(effect)[0]!.toUpperCase()}`, stage, effect });
    const document = `query ($code: String!) { pricingRules(first: 1, where: { code: $code }) { nodes { effect {
      percent { value base sign rounding } amount { value per currency sign rounding }
      round { step currency rounding } } } } }`;
    const headers = pricing.signedIn('dealer', 'OPERATOR');
    const { data } = await pricing.client.request<{ pricingRules: unknown }>(document, { code }, headers);
    expect(data?.pricingRules).toMatchObject({ nodes: [{ effect: shown }] });
  });

  it('takes groups and coupons in any case, and compares them in capitals', async () => {
    const conditions = { text: { field: 'COUPON', op: 'IN', values: ['welcome', 'Summer'] } };
    expect(await rules.create({ conditions })).toMatchObject({ conditionsText: 'coupon in (WELCOME, SUMMER)' });
  });
});

describe('a rule is refused, and says where', () => {
  it.each<[string, Record<string, unknown>]>([
    ['code', { code: 'lower' }],
    ['name', { name: '  ' }],
    ['name', { name: 'a\u0000b' }],
    ['stage', { stage: 'METAL_VALUE' }],
    ['priority', { priority: -1 }],
    ['priority', { priority: 10_001 }],
    ['validTo', { validTo: '2020-01-01T00:00:00Z' }],
    ['validTo', { validFrom: '2126-01-02T00:00:00Z', validTo: '2126-01-01T00:00:00Z' }],
    ['effect', { stage: 'ROUNDING', effect: percent }],
    ['effect', { effect: { round: { step: '1', currency: 'USD' } } }],
    ['effect', { effect: {} }],
    ['effect', { effect: { ...percent, round: { step: '1', currency: 'USD' } } }],
    ['effect.percent.value', { effect: { percent: { value: '-1', base: 'SUBTOTAL' } } }],
    ['effect.amount.value', { effect: { amount: { value: '1234567890123456', per: 'TOTAL', currency: 'USD' } } }],
    ['effect.round.step', { stage: 'ROUNDING', effect: { round: { step: '0.005', currency: 'USD' } } }],
    ['effect.tiered.tiers', { effect: tiered({ tiers: [] }) }],
    ['effect.tiered.tiers.1.from', { effect: tiered({ tiers: [tier('0', '10'), tier('11')] }) }],
    ['effect.tiered.tiers.0.to', { effect: tiered({ tiers: [tier('0'), tier('10')] }) }],
    ['effect.tiered.tiers.0.to', { effect: tiered({ tiers: [tier('10', '10')] }) }],
    ['effect.tiered.tiers.0.value', { effect: tiered({ tiers: [{ from: '0', value: '-1' }] }) }],
    ['effect.tiered.base', { effect: tiered({ base: null }) }],
    ['effect.tiered.base', { effect: tiered({ per: 'PIECE', currency: 'USD' }) }],
    ['effect.tiered.currency', { effect: tiered({ base: null, per: 'PIECE' }) }],
    ['effect.tiered.currency', { effect: tiered({ over: 'METAL_VALUE' }) }],
    ['effect.tiered.currency', { effect: tiered({ currency: 'USD' }) }],
    ['effect.tiered.mode', { effect: tiered({ mode: 'GRADUATED', base: null, per: 'TOTAL', currency: 'USD' }) }],
    ['conditions', { conditions: {} }],
    ['conditions', { conditions: { not: buy, ...buy } }],
    ['conditions.any', { conditions: { any: [] } }],
    ['conditions.all.1.not', { conditions: { all: [buy, { not: {} }] } }],
    ['conditions.text.values', { conditions: { text: { field: 'SIDE', op: 'EQ', values: ['BUY', 'SELL'] } } }],
    ['conditions.text.values', { conditions: { text: { field: 'SIDE', op: 'IN', values: [] } } }],
    ['conditions.text.values.1', { conditions: { text: { field: 'SIDE', op: 'IN', values: ['BUY', 'BYU'] } } }],
    ['conditions.text.values.0', { conditions: { text: { field: 'COUPON', op: 'EQ', values: ['not a code'] } } }],
    ['conditions.number.values', { conditions: { number: { field: 'QUANTITY', op: 'BETWEEN', values: ['1'] } } }],
    ['conditions.number.values', { conditions: { number: { field: 'QUANTITY', op: 'GT', values: ['1', '2'] } } }],
    [
      'conditions.number.values.1',
      { conditions: { number: { field: 'QUANTITY', op: 'BETWEEN', values: ['2', '1'] } } },
    ],
    ['conditions.number.values.0', { conditions: { number: { field: 'QUANTITY', op: 'GT', values: ['-1'] } } }],
    [['conditions', ...Array.from({ length: 8 }, () => 'not')].join('.'), { conditions: deep(9) }],
    ['conditions', { conditions: { all: Array.from({ length: 200 }, () => buy) } }],
  ])('at %s', async (path, input) => {
    const refused = await rules.create(input);
    expect(refused.__typename).toBe('InvalidInputError');
    expect(refused.issues.map((issue) => issue.path.join('.'))).toEqual([`input.${path}`]);
  });

  it('with everything that is wrong at once', async () => {
    const { issues } = await rules.create({ code: '', name: '', priority: -1, conditions: {}, effect: {} });
    expect(issues.map(({ path }) => path[1])).toEqual(['code', 'name', 'priority', 'conditions', 'effect']);
  });

  it('of no more than so many conditions and levels', async () => {
    expect((await rules.create({ conditions: deep(8) })).__typename).toBe('PricingRule');
    const conditions = { all: Array.from({ length: 199 }, () => buy) };
    expect((await rules.create({ conditions })).__typename).toBe('PricingRule');
  });
});
