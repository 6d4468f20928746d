import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { bar, startPricing, type PricingFixture } from './pricing-fixture.ts';

const document = `query ($of: [_Any!]!) { _entities(representations: $of) { ... on Order { currentValue { amount currency } } } }`;
let pricing: PricingFixture;

beforeAll(async () => {
  pricing = await startPricing({ products: [bar, { ...bar, sku: 'BAR-2OZ', fineWeightGrams: '62.2069536' }] });
  await pricing.publishNow('4000.00');
  await pricing.publishNow('4100.00');
});
afterAll(() => pricing.stop());

async function valueOf(order: object, headers?: Record<string, string>) {
  type Data = { _entities: [{ currentValue: { amount: string; currency: string } | null }] };
  const of = [{ __typename: 'Order', id: 'order-1', ...order }];
  const { data, errors } = await pricing.client.request<Data>(document, { of }, headers);
  expect(errors).toBeUndefined();
  return data?._entities[0].currentValue;
}

const line = (sku: string, quantity: number) => ({ product: { sku }, quantity });
const inDollars = { total: { currency: 'USD' } };

describe('the value of an order', () => {
  it('is what the shop would pay for its pieces now', async () => {
    const value = await valueOf({ ...inDollars, lines: [line('BAR-1OZ', 2), line('BAR-2OZ', 1)] });
    // 4 ounces at the bid of 4100, less 1.5 % for the two small bars and 0.5 % for the large one.
    expect(value).toEqual({ amount: '16236.00', currency: 'USD' });
  });

  it('inside an event is that of the event’s tick', async () => {
    const order = { ...inDollars, lines: [line('BAR-2OZ', 1)] };
    expect(await valueOf(order, { 'x-tick': 'XAU-USD@1' })).toEqual({ amount: '7960.00', currency: 'USD' });
  });

  it('is unknown where a piece cannot be priced', async () => {
    expect(await valueOf({ ...inDollars, lines: [line('BAR-1OZ', 1), line('GONE', 1)] })).toBeNull();
    expect(await valueOf({ ...inDollars, lines: [line('BAR-1OZ', 100_001)] })).toBeNull();
    expect(await valueOf({ total: { currency: 'EUR' }, lines: [line('BAR-1OZ', 1)] })).toBeNull();
    expect(await valueOf({})).toBeNull();
  });
});
