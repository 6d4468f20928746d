import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { WiredProcess } from '#shared/run-process.ts';
import { eventually } from '#shared/testing/eventually.ts';
import { wireWorker } from '../wire-worker.ts';
import { openOrderOutbox } from './order-outbox.ts';
import { startPricing, type PricingFixture } from './pricing-fixture.ts';
import { requestQuoteAs } from './quote-documents.ts';

let pricing: PricingFixture;
let worker: WiredProcess;
let order: Awaited<ReturnType<typeof openOrderOutbox>>;

beforeAll(async () => {
  pricing = await startPricing({ settings: { QUOTE_LIMIT_PER_CUSTOMER: '1' } });
  await pricing.publishNow('4000.00');
  worker = wireWorker({ ...pricing.config, ROLE: 'worker' });
  await worker.start();
  order = await openOrderOutbox(pricing);
});

afterAll(async () => {
  await order.close();
  await worker.stop();
  await pricing.stop();
});

function tellPlaced(quoteId: string, orderId: string): Promise<void> {
  return order.tell('order.order-placed', {
    orderId,
    quoteId,
    version: 1,
    number: 'G-1000001',
    customerId: 'ann',
    status: 'PENDING_PAYMENT',
    side: 'BUY',
    total: { amount: '4121.03', currency: 'USD' },
    lines: [{ sku: 'BAR-1OZ', name: 'Gold bar 1 oz', quantity: 1 }],
    paymentDueAt: null,
    reason: null,
  });
}

const kept = (id: string) => pricing.database.quote.findUniqueOrThrow({ where: { id } });

describe('a quote that an order was placed with', () => {
  it('is accepted, and makes room for another', async () => {
    const quote = await requestQuoteAs(pricing, 'ann');
    expect((await requestQuoteAs(pricing, 'ann')).code).toBe('QUOTE_LIMIT');
    await tellPlaced(quote.id, 'order-1');
    await order.relayUntilHandled();
    expect(await kept(quote.id)).toMatchObject({ orderId: 'order-1' });
    expect((await requestQuoteAs(pricing, 'ann')).__typename).toBe('Quote');
  });

  it('keeps the first order that it was spent on, and when', async () => {
    const quote = await requestQuoteAs(pricing, 'bob');
    await tellPlaced(quote.id, 'order-2');
    await order.relayUntilHandled();
    const accepted = await kept(quote.id);
    await tellPlaced(quote.id, 'order-3');
    await order.tellAgain();
    await order.relayUntilHandled();
    expect(await kept(quote.id)).toEqual(accepted);
  });

  it('is kept for ever; one that nobody ordered with is forgotten after 90 days', async () => {
    const forgotten = (await requestQuoteAs(pricing, 'eve')).id;
    const ordered = (await requestQuoteAs(pricing, 'dan')).id;
    await tellPlaced(ordered, 'order-6');
    await order.relayUntilHandled();
    const long = [new Date(Date.now() - 92 * 86_400_000), new Date(Date.now() - 91 * 86_400_000)] as const;
    const ids = [forgotten, ordered];
    await pricing.database.quote.updateMany({
      where: { id: { in: ids } },
      data: { createdAt: long[0], expiresAt: long[1] },
    });
    const cleaning = wireWorker({ ...pricing.config, ROLE: 'worker' });
    await cleaning.start();
    const left = () => pricing.database.quote.findMany({ where: { id: { in: ids } }, select: { id: true } });
    await eventually(async () => expect(await left()).toEqual([{ id: ordered }]));
    await cleaning.stop();
  });

  it('may be one that is not known here', async () => {
    await tellPlaced('0193a3c8-0000-7000-8000-000000000000', 'order-4');
    await tellPlaced('no-id', 'order-5');
    await order.relayUntilHandled();
  });
});
