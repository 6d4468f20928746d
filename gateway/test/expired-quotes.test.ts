import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { decimal } from '#shared/decimal.ts';
import { eventually } from '#shared/testing/eventually.ts';
import { OrderDocument, PlaceOrderDocument, RequestQuoteDocument } from '../generated/operations.ts';
import { registerCustomer, type SignedIn } from './callers.ts';
import { startGoldSystem, type GoldSystem } from './gold-system.ts';

let system: GoldSystem;
let customer: SignedIn;
beforeAll(async () => {
  system = await startGoldSystem({ FEEDS: 'simulator', SIMULATOR_SEED: '1', QUOTE_TTL_SECONDS: '4' });
  customer = await registerCustomer(system);
});
afterAll(async () => {
  await customer.close();
  await system.close();
});

async function requestQuote() {
  const input = { idempotencyKey: randomUUID(), sku: 'BAR-1OZ', side: 'BUY' as const, quantity: 2 };
  const { data } = await customer.request(RequestQuoteDocument, { input });
  if (data?.requestQuote.__typename !== 'Quote') throw new Error(JSON.stringify(data));
  return data.requestQuote;
}

async function placeOrder(quoteToken: string) {
  const { data, errors } = await customer.request(PlaceOrderDocument, {
    input: { idempotencyKey: randomUUID(), quoteToken },
  });
  expect(errors).toBeUndefined();
  return data!.placeOrder;
}

const expired = (quote: { expiresAt: string }) =>
  eventually(() => expect(Date.now()).toBeGreaterThan(Date.parse(quote.expiresAt)));

test('an order that comes too late is refused with a new quote at the price of now, which can be ordered with', async () => {
  const quote = await requestQuote();
  await expired(quote);
  const refused = await placeOrder(quote.token);
  if (refused.__typename !== 'QuoteExpiredError') throw new Error(JSON.stringify(refused));
  expect(refused.code).toBe('QUOTE_EXPIRED');
  const { id, token, price } = refused.replacement!;
  expect(id).not.toBe(quote.id);
  expect(await placeOrder(token)).toMatchObject({
    __typename: 'Order',
    status: 'PENDING_PAYMENT',
    total: price.total,
  });
});

test('an order shows what the shop would pay for its pieces now', async () => {
  const placed = await placeOrder((await requestQuote()).token);
  if (placed.__typename !== 'Order') throw new Error(JSON.stringify(placed));
  const { data } = await customer.request(OrderDocument, { id: placed.id });
  const { currentValue, total, nextTransitions } = data!.order!;
  expect(currentValue!.currency).toBe(total.currency);
  expect(decimal(currentValue!.amount).lt(total.amount)).toBe(true);
  expect(nextTransitions).toContainEqual(expect.objectContaining({ to: 'CANCELLED', allowed: true }));
});

test('while pricing is down a quote is ordered with, and a late one refused without a new one', async () => {
  const [late, good] = [await requestQuote(), await requestQuote()];
  await system.stop('pricing');
  expect(await placeOrder(good.token)).toMatchObject({ __typename: 'Order' });
  await expired(late);
  const { data } = await customer.request(PlaceOrderDocument, {
    input: { idempotencyKey: randomUUID(), quoteToken: late.token },
  });
  expect(data!.placeOrder).toMatchObject({ __typename: 'QuoteExpiredError', replacement: null });
});
