import { decimal } from '#shared/decimal.ts';
import type { Order } from './order.ts';

/** An order with sensible values where none are given; for tests. */
export function anOrder(values: Partial<Order> = {}): Order {
  return {
    id: '0198a000-0000-7000-8000-000000000001',
    number: 'G-1000001',
    customerId: 'customer-1',
    clientOrderId: null,
    side: 'BUY',
    status: 'PENDING_PAYMENT',
    quoteId: '0198a000-0000-7000-8000-000000000002',
    currency: 'USD',
    total: decimal('1000.00'),
    placedAt: new Date('2026-11-20T10:00:00Z'),
    paymentDueAt: new Date('2026-11-20T10:15:00Z'),
    paidAt: null,
    version: 1,
    ...values,
  };
}
