import { randomUUID } from 'node:crypto';
import { PayOrderDocument, PlaceOrderDocument, RequestQuoteDocument } from '../generated/operations.ts';
import type { SignedIn } from './callers.ts';

export type Purchase = { orderId: string; orderNumber: string; quoteToken: string; total: string };

/** Orders one bar of an ounce by a firm quote, and pays for it from the wallet where that is asked for. */
export async function buyABar(customer: SignedIn, { pay }: { pay: boolean }): Promise<Purchase> {
  const quoteInput = { idempotencyKey: randomUUID(), sku: 'BAR-1OZ', side: 'BUY' as const, quantity: 1 };
  const quoted = await customer.request(RequestQuoteDocument, { input: quoteInput });
  const quote = quoted.data?.requestQuote;
  if (quote?.__typename !== 'Quote') throw new Error(JSON.stringify(quoted));
  const orderInput = { idempotencyKey: randomUUID(), quoteToken: quote.token };
  const placed = await customer.request(PlaceOrderDocument, { input: orderInput });
  const order = placed.data?.placeOrder;
  if (order?.__typename !== 'Order') throw new Error(JSON.stringify(placed));
  if (pay) {
    const payInput = { idempotencyKey: randomUUID(), orderId: order.id };
    const paid = await customer.request(PayOrderDocument, { input: payInput });
    if (paid.data?.payOrder.__typename !== 'Order') throw new Error(JSON.stringify(paid));
  }
  return { orderId: order.id, orderNumber: order.number, quoteToken: quote.token, total: order.total.amount };
}
