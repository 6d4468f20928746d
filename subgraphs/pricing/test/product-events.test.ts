import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { WiredProcess } from '#shared/run-process.ts';
import { eventually } from '#shared/testing/eventually.ts';
import { wireWorker } from '../wire-worker.ts';
import { openOrderOutbox } from './order-outbox.ts';
import { bar, startPricing, type PricingFixture } from './pricing-fixture.ts';

const document = /* GraphQL */ `
  query ($sku: String!) {
    _entities(representations: [{ __typename: "Product", sku: $sku }]) {
      ... on Product {
        price(side: BUY, quantity: 1) {
          total {
            amount
          }
        }
      }
    }
  }
`;
type Data = { _entities: [{ price: { total: { amount: string } } | null }] };

let pricing: PricingFixture;
let worker: WiredProcess;
let order: Awaited<ReturnType<typeof openOrderOutbox>>;

beforeAll(async () => {
  pricing = await startPricing({ products: [], seeded: false });
  await pricing.publish('4000.00');
  worker = wireWorker({ ...pricing.config, ROLE: 'worker' });
  await worker.start();
  order = await openOrderOutbox(pricing);
});

afterAll(async () => {
  await order.close();
  await worker.stop();
  await pricing.stop();
});

function tell(product: Partial<typeof bar>): Promise<void> {
  return order.tell('order.product-changed', { ...bar, ...product });
}

async function kept(sku: string) {
  return pricing.database.pricedProduct.findUnique({ where: { sku } });
}

describe('a product that the order service tells of', () => {
  it('can be priced as soon as it is told', async () => {
    await tell({ sku: 'BAR-TOLD' });
    await order.relayUntilHandled();
    await eventually(async () => {
      const { data } = await pricing.client.request<Data>(document, { sku: 'BAR-TOLD' });
      expect(data?._entities[0].price?.total.amount).toBe('4001.00');
    });
  });

  it('is kept as its highest version says, in whatever order its events arrive', async () => {
    await tell({ sku: 'BAR-ORDER', version: 3, fineWeightGrams: '3.0000000' });
    await order.relayUntilHandled();
    await tell({ sku: 'BAR-ORDER', version: 2, fineWeightGrams: '2.0000000' });
    await tell({ sku: 'BAR-ORDER', version: 3, fineWeightGrams: '9.0000000' });
    await order.relayUntilHandled();
    const product = await kept('BAR-ORDER');
    expect([product?.version, product?.fineWeightGrams.toFixed(1)]).toEqual([3, '3.0']);
  });

  it('is not lost when Redis is emptied between the relay and the consumer, nor told twice in effect', async () => {
    await worker.stop();
    await tell({ sku: 'BAR-FLUSHED' });
    expect(await order.relay.relayOnce()).toEqual({ sent: 1, acknowledged: 0 });
    await pricing.redis.flush();
    worker = wireWorker({ ...pricing.config, ROLE: 'worker' });
    await worker.start();
    await order.relayUntilHandled();
    expect(await kept('BAR-FLUSHED')).not.toBeNull();
    await pricing.redis.flush();
    await order.tellAgain();
    const handled = await pricing.database.inboxEvent.findMany({ orderBy: { eventId: 'asc' } });
    await order.relayUntilHandled();
    expect(await pricing.database.inboxEvent.findMany({ orderBy: { eventId: 'asc' } })).toEqual(handled);
  });
});
