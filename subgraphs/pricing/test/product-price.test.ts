import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { decimal, sum } from '#shared/decimal.ts';
import { aTick } from '#shared/testing/builders.ts';
import { eventually } from '#shared/testing/eventually.ts';
import { keepNewest } from '../priced-product-repository.ts';
import { bar, noTicksYet, startPricing, timeOf, type PricingFixture } from './pricing-fixture.ts';

type Money = { amount: string; currency: string };
type Price = {
  unitPrice: Money;
  total: Money;
  premiumPercent: string;
  sequence: string;
  asOf: string;
  instrument: { symbol: string };
  lines: { stage: string; label: string; amount: Money; ruleCode: string | null }[];
};
type Data = { _entities: { sku: string; price: Price | null }[] };

const document = /* GraphQL */ `
  query ProductPrice($of: [_Any!]!, $side: TradeSide!, $quantity: Int!, $currency: CurrencyCode) {
    _entities(representations: $of) {
      ... on Product {
        sku
        price(side: $side, quantity: $quantity, currency: $currency) {
          unitPrice {
            amount
            currency
          }
          total {
            amount
            currency
          }
          premiumPercent
          sequence
          asOf
          instrument {
            symbol
          }
          lines {
            stage
            label
            amount {
              amount
              currency
            }
            ruleCode
          }
        }
      }
    }
  }
`;

const coin = { ...bar, sku: 'COIN-EMAMI', kind: 'COIN', currency: 'IRR', fineness: '900' } as const;
let pricing: PricingFixture;

beforeAll(async () => {
  pricing = await startPricing({ products: [bar, coin, { ...bar, sku: 'BAR-UNLISTED', isListed: false }] });
  await pricing.publish('4000.00', '4001.00', '4002.00');
});
afterAll(() => pricing.stop());

async function ask(
  variables: { skus?: string[]; side?: 'BUY' | 'SELL'; quantity?: number; currency?: string } = {},
  headers?: Record<string, string>,
) {
  const { skus = [bar.sku], side = 'BUY', quantity = 1, currency } = variables;
  const of = skus.map((sku) => ({ __typename: 'Product', sku }));
  const { data, errors } = await pricing.client.request<Data>(document, { of, side, quantity, currency }, headers);
  return { prices: data?._entities.map(({ price }) => price) ?? [], price: data?._entities[0]?.price, errors };
}

describe('the price of a product', () => {
  it('is that of the latest tick, with every line that makes it', async () => {
    await eventually(async () => expect((await ask()).price?.sequence).toBe('3'));
    const { price, errors } = await ask({ quantity: 2 });
    expect(errors).toBeUndefined();
    expect(price).toEqual({
      unitPrice: { amount: '4123.09', currency: 'USD' },
      total: { amount: '8246.18', currency: 'USD' },
      premiumPercent: '3.0000',
      sequence: '3',
      asOf: new Date(timeOf('4002.00')).toISOString(),
      instrument: { symbol: 'XAU-USD' },
      lines: [
        line('METAL_VALUE', '62.2069536 g of fine gold at 4003.00 USD an ounce', '8006.00', null),
        line('PREMIUM', 'Premium 3 %, gold bars', '240.18', 'PREMIUM-GOLD-BAR-5'),
        line('TAX', 'VAT: investment gold is exempt', '0.00', 'TAX-INVESTMENT-GOLD'),
      ],
    });
    expect(sum(price!.lines.map(({ amount }) => decimal(amount.amount))).toFixed(2)).toBe('8246.18');
  });

  it('for a customer who sells is made of the bid', async () => {
    const { price } = await ask({ side: 'SELL' });
    expect(price!.lines.map(({ amount }) => amount.amount)).toEqual(['4002.00', '-60.03']);
    expect(price!.total.amount).toBe('3941.97');
  });

  it('inside an event is that of the event’s own tick', async () => {
    const { price } = await ask({}, { 'x-tick': 'XAU-USD@2' });
    expect(price).toMatchObject({ sequence: '2', asOf: new Date(timeOf('4001.00')).toISOString() });
  });

  it('inside an event of another instrument is that of the latest tick', async () => {
    expect((await ask({}, { 'x-tick': 'XAG-USD@1' })).price).toMatchObject({ sequence: '3' });
  });

  it('waits for an event’s tick that is still on its way', async () => {
    const next = pricing.writer.lastSequence('XAU-USD') + 1;
    const asked = ask({}, { 'x-tick': `XAU-USD@${next}` });
    await setTimeout(50);
    await pricing.publish('4003.00');
    expect((await asked).price).toMatchObject({ sequence: String(next) });
  });

  it('is refused where the event’s tick does not come', async () => {
    const { price, errors } = await ask({}, { 'x-tick': 'XAU-USD@99' });
    expect(price).toBeNull();
    expect(errors?.[0]?.extensions).toMatchObject({ code: 'TICK_UNAVAILABLE', retryable: true, sequence: '99' });
  });

  it('is refused while nothing is known of its instrument', async () => {
    const { price, errors } = await ask({ currency: 'EUR' });
    expect(price).toBeNull();
    expect(errors?.[0]?.extensions).toMatchObject({ code: 'PRICE_UNAVAILABLE', symbol: 'XAU-EUR' });
  });

  it('can be asked for in another currency, as soon as that has a price', async () => {
    await pricing.writer.open('XAU-GBP', noTicksYet);
    await pricing.writer.publish([aTick({ symbol: 'XAU-GBP', bid: '3000.00', ask: '3000.00' })]);
    const { price } = await ask({ currency: 'GBP' });
    expect(price).toMatchObject({ total: { amount: '3090.00', currency: 'GBP' }, instrument: { symbol: 'XAU-GBP' } });
  });

  it('in rials has no decimals and can be paid in cash', async () => {
    await pricing.writer.open('XAU-IRR', noTicksYet);
    await pricing.writer.publish([aTick({ symbol: 'XAU-IRR', bid: '4500000001', ask: '4500000001' })]);
    await eventually(async () => expect((await ask({ skus: [coin.sku] })).price).not.toBeNull());
    const { price } = await ask({ skus: [coin.sku] });
    expect(price!.total).toEqual({ amount: '4657510000', currency: 'IRR' });
    expect(price!.lines.at(-1)).toMatchObject({ stage: 'ROUNDING', ruleCode: 'ROUNDING-IRR' });
  });

  it.each(['NO-SUCH-THING', 'BAR-UNLISTED', ''])(
    'of %p is null with NOT_FOUND, and those beside it are priced',
    async (sku) => {
      const { prices, errors } = await ask({ skus: [sku, bar.sku] });
      expect(prices[0]).toBeNull();
      expect(prices[1]).not.toBeNull();
      expect(errors).toMatchObject([{ path: ['_entities', 0, 'price'], extensions: { code: 'NOT_FOUND' } }]);
    },
  );

  it.each([0, -1, 100_001])('is refused for a quantity of %p', async (quantity) => {
    expect((await ask({ quantity })).errors?.[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT' });
  });

  it('is refused for a currency that is not traded', async () => {
    expect((await ask({ currency: 'XXX' })).errors?.[0]?.extensions?.code).toBe('BAD_USER_INPUT');
  });
});

describe('a change of the price book', () => {
  const total = async () => (await ask({}, { 'x-tick': 'XAU-USD@1' })).price?.total.amount;

  it('of a product is seen at once, without a restart', async () => {
    await keepNewest(pricing.database, { ...bar, sku: 'BAR-NEW' });
    await eventually(async () => expect((await ask({ skus: ['BAR-NEW'] })).price).not.toBeNull());
    await keepNewest(pricing.database, { ...bar, sku: 'BAR-NEW', version: 2, isListed: false });
    await eventually(async () => expect((await ask({ skus: ['BAR-NEW'] })).price).toBeNull());
  });

  it('of a rule is seen too, and one that cannot be read is left out', async () => {
    expect(await total()).toBe('4121.03');
    const fee = { version: 1, name: 'Fee', stage: 'FEE', priority: 1, status: 'ACTIVE', conditions: { all: [] } };
    const effect = { type: 'FLAT', value: '5', currency: 'USD' };
    await pricing.database.pricingRule.create({ data: { ...fee, code: 'ODD', effect: { type: 'MAGIC' } } });
    await pricing.database.pricingRule.create({ data: { ...fee, code: 'FEE', effect } });
    await eventually(async () => expect(await total()).toBe('4126.03'));
  });

  it('is seen although the connection that hears of it was lost', async () => {
    await pricing.database.$executeRawUnsafe(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE datname = current_database() AND query LIKE 'LISTEN%'`,
    );
    await pricing.database.pricingRule.updateMany({ where: { code: 'FEE' }, data: { status: 'RETIRED' } });
    await eventually(async () => expect(await total()).toBe('4121.03'));
  });

  it('a rule that is not valid yet, or no longer, does nothing', async () => {
    const rule = { version: 1, name: 'Fee', stage: 'FEE', priority: 1, status: 'ACTIVE', conditions: { all: [] } };
    const effect = { type: 'FLAT', value: '7', currency: 'USD' };
    const hour = 3_600_000;
    await pricing.database.pricingRule.create({
      data: { ...rule, code: 'EARLY', effect, validFrom: new Date(Date.now() + hour) },
    });
    await pricing.database.pricingRule.create({
      data: { ...rule, code: 'LATE', effect, validTo: new Date(Date.now() - hour) },
    });
    await pricing.database.pricingRule.create({ data: { ...rule, code: 'NOW', effect } });
    await eventually(async () => expect(await total()).toBe('4128.03'));
  });
});

function line(stage: string, label: string, amount: string, ruleCode: string | null) {
  return { stage, label, amount: { amount, currency: 'USD' }, ruleCode };
}
