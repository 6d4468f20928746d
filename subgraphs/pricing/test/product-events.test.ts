import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { PrismaClient } from '#prisma/pricing/generated/client.ts';
import { createDatabaseAdapter } from '#shared/database.ts';
import { createOutboxRelay, type OutboxRelay } from '#shared/events/outbox-relay.ts';
import { recordEvent } from '#shared/events/outbox.ts';
import { createLogger } from '#shared/logger.ts';
import { createMetrics } from '#shared/metrics.ts';
import type { WiredProcess } from '#shared/run-process.ts';
import { eventually } from '#shared/testing/eventually.ts';
import { createTestDatabase, type TestDatabase } from '#shared/testing/test-database.ts';
import { wireWorker } from '../wiring.ts';
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
let orderDatabase: TestDatabase;
/** The order service's outbox. Only SQL is sent through it, so that no other service's models are needed here. */
let order: PrismaClient;
let relay: OutboxRelay;

beforeAll(async () => {
  pricing = await startPricing({ products: [], seeded: false });
  await pricing.publish('4000.00');
  worker = wireWorker({ ...pricing.config, ROLE: 'worker' });
  await worker.start();
  orderDatabase = await createTestDatabase('order');
  order = new PrismaClient({ adapter: createDatabaseAdapter({ url: orderDatabase.url, poolSize: 2 }) });
  relay = createOutboxRelay({
    database: order,
    redis: pricing.redis.redis,
    prefix: pricing.redis.prefix,
    logger: createLogger({ service: 'test', level: 'silent' }),
    metrics: createMetrics('test'),
    resendAfterMs: 0,
  });
});

afterAll(async () => {
  await relay.close();
  await order.$disconnect();
  await orderDatabase.drop();
  await worker.stop();
  await pricing.stop();
});

async function tell(product: Partial<typeof bar>): Promise<void> {
  await order.$transaction((transaction) =>
    recordEvent(transaction, 'order.product-changed', { ...bar, ...product }, new Date()),
  );
}

async function kept(sku: string) {
  return pricing.database.pricedProduct.findUnique({ where: { sku } });
}

async function relayUntilHandled(): Promise<void> {
  await eventually(async () => {
    await relay.relayOnce();
    const open = await order.$queryRawUnsafe<unknown[]>('SELECT 1 FROM outbox_message WHERE acknowledged_at IS NULL');
    expect(open).toHaveLength(0);
  });
}

describe('a product that the order service tells of', () => {
  it('can be priced as soon as it is told', async () => {
    await tell({ sku: 'BAR-TOLD' });
    await relayUntilHandled();
    await eventually(async () => {
      const { data } = await pricing.client.request<Data>(document, { sku: 'BAR-TOLD' });
      expect(data?._entities[0].price?.total.amount).toBe('4001.00');
    });
  });

  it('is kept as its highest version says, in whatever order its events arrive', async () => {
    await tell({ sku: 'BAR-ORDER', version: 3, fineWeightGrams: '3.0000000' });
    await relayUntilHandled();
    await tell({ sku: 'BAR-ORDER', version: 2, fineWeightGrams: '2.0000000' });
    await tell({ sku: 'BAR-ORDER', version: 3, fineWeightGrams: '9.0000000' });
    await relayUntilHandled();
    const product = await kept('BAR-ORDER');
    expect([product?.version, product?.fineWeightGrams.toFixed(1)]).toEqual([3, '3.0']);
  });

  it('is not lost when Redis is emptied between the relay and the consumer, nor told twice in effect', async () => {
    await worker.stop();
    await tell({ sku: 'BAR-FLUSHED' });
    expect(await relay.relayOnce()).toEqual({ sent: 1, acknowledged: 0 });
    await pricing.redis.flush();
    worker = wireWorker({ ...pricing.config, ROLE: 'worker' });
    await worker.start();
    await relayUntilHandled();
    expect(await kept('BAR-FLUSHED')).not.toBeNull();
    await pricing.redis.flush();
    await order.$executeRawUnsafe('UPDATE outbox_message SET acknowledged_at = NULL');
    const handled = await pricing.database.inboxEvent.findMany({ orderBy: { eventId: 'asc' } });
    await relayUntilHandled();
    expect(await pricing.database.inboxEvent.findMany({ orderBy: { eventId: 'asc' } })).toEqual(handled);
  });
});
