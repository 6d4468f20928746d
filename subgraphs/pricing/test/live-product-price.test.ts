import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '#shared/testing/eventually.ts';
import { bar, startPricing, type PricingFixture } from './pricing-fixture.ts';

type Price = { product: { sku: string }; total: { amount: string; currency: string }; sequence: string };
type Data = { productPriceUpdated: Price };
type Variables = { sku?: string; side?: string; quantity?: number; after?: string; minIntervalMs?: number };

const document = /* GraphQL */ `
  subscription LiveProductPrice($sku: ID!, $side: TradeSide!, $quantity: Int!, $after: BigInt, $minIntervalMs: Int) {
    productPriceUpdated(sku: $sku, side: $side, quantity: $quantity, after: $after, minIntervalMs: $minIntervalMs) {
      product {
        sku
      }
      total {
        amount
        currency
      }
      sequence
    }
  }
`;

let pricing: PricingFixture;

beforeAll(async () => {
  pricing = await startPricing({ seeded: false });
  await pricing.publish('4000.00', '4001.00');
  // From here on the server has both, so that what a subscription begins with is certain.
  const price = `{ _entities(representations: [{ __typename: "Product", sku: "${bar.sku}" }]) {
    ... on Product { price(side: BUY, quantity: 1) { sequence } } } }`;
  await eventually(async () => {
    const { data } = await pricing.client.request<{ _entities: [{ price: Price | null }] }>(price);
    expect(data?._entities[0].price?.sequence).toBe('2');
  });
});
afterAll(() => pricing.stop());

function subscribe(variables: Variables = {}) {
  return pricing.client.subscribe<Data>(document, { sku: bar.sku, side: 'BUY', quantity: 1, ...variables });
}

async function refusalOf(variables: Variables) {
  return subscribe(variables)
    .next()
    .then(
      ({ errors }) => errors?.[0],
      (errors: readonly unknown[]) => errors[0],
    );
}

describe('a live product price', () => {
  it('begins with the current price and follows every tick', async () => {
    const events = subscribe();
    const first = await events.next();
    expect(first.data?.productPriceUpdated).toEqual({
      product: { sku: bar.sku },
      total: { amount: '4002.00', currency: 'USD' },
      sequence: '2',
    });
    expect(first.extensions).toEqual({ tick: { symbol: 'XAU-USD', sequence: 2 } });
    await pricing.publish('4002.00', '4003.00');
    const more = await events.take(2);
    expect(more.map(({ data }) => data?.productPriceUpdated.sequence)).toEqual(['3', '4']);
    expect(more.map(({ data }) => data?.productPriceUpdated.total.amount)).toEqual(['4003.00', '4004.00']);
    await events.return();
  });

  it('says when the tick of an event arrived, unless it was held back or was there before', async () => {
    const [each, rare] = [subscribe(), subscribe({ minIntervalMs: 10 })];
    const firsts = await Promise.all([each.next(), rare.next()]);
    const receivedAt = Date.now() + 1;
    await pricing.publishNow('4005.00', { receivedAt });
    const seconds = await Promise.all([each.next(), rare.next()]);
    await Promise.all([each.return(), rare.return()]);
    const arrivals = [...firsts, ...seconds].map(({ extensions }) => extensions?.at);
    expect(arrivals).toEqual([undefined, undefined, receivedAt, undefined]);
  });

  it('continues behind a sequence without a gap or a repeat', async () => {
    const [newest] = await pricing.publish('4010.00');
    await eventually(async () => {
      const events = subscribe({ after: String(newest!.sequence - 2) });
      const sequences = (await events.take(2)).map(({ data }) => Number(data?.productPriceUpdated.sequence));
      await events.return();
      expect(sequences).toEqual([newest!.sequence - 1, newest!.sequence]);
    });
  });

  it('shows everything below it at the very tick of the event', async () => {
    const nested = /* GraphQL */ `
      subscription {
        productPriceUpdated(sku: "BAR-1OZ", side: SELL, quantity: 1, after: "1") {
          sequence
          product {
            buy: price(side: BUY, quantity: 1) {
              sequence
              total {
                amount
              }
            }
          }
        }
      }
    `;
    type Nested = { productPriceUpdated: { sequence: string; product: { buy: { sequence: string } } } };
    const events = pricing.client.subscribe<Nested>(nested, {});
    for (const { data } of await events.take(3)) {
      expect(data?.productPriceUpdated.product.buy.sequence).toBe(data?.productPriceUpdated.sequence);
    }
    await events.return();
  });

  it('with an interval skips to the latest price', async () => {
    const events = subscribe({ minIntervalMs: 100 });
    const first = Number((await events.next()).data?.productPriceUpdated.sequence);
    const published = await pricing.publish('4020.00', '4021.00', '4022.00');
    const second = Number((await events.next()).data?.productPriceUpdated.sequence);
    expect(second).toBe(published.at(-1)!.sequence);
    expect(second - first).toBe(3);
    await events.return();
  });

  it.each<[string, string, Variables]>([
    ['an unknown product', 'NOT_FOUND', { sku: 'NOTHING' }],
    ['no pieces', 'BAD_USER_INPUT', { quantity: 0 }],
    ['too many pieces', 'BAD_USER_INPUT', { quantity: 100_001 }],
    ['an interval that is too long', 'BAD_USER_INPUT', { minIntervalMs: 60_001 }],
    ['a sequence below nothing', 'BAD_USER_INPUT', { after: '-1' }],
    ['a sequence that has not come yet', 'SEQUENCE_AHEAD', { after: '4711' }],
  ])('is refused for %s with %s', async (_what, code, variables) => {
    expect(await refusalOf(variables)).toMatchObject({ extensions: { code } });
  });

  it('ends with NOT_FOUND when the product is taken off the list', async () => {
    const events = subscribe();
    await events.next();
    await pricing.database.pricedProduct.update({ where: { sku: bar.sku }, data: { isListed: false } });
    await eventually(async () => expect(await refusalOf({})).toMatchObject({ extensions: { code: 'NOT_FOUND' } }));
    await pricing.publish('4030.00');
    await expect(events.next()).rejects.toMatchObject([{ extensions: { code: 'NOT_FOUND' } }]);
  });
});
