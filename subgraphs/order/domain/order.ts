import type { Decimal } from '#shared/decimal.ts';

export const orderStatuses = [
  'PENDING_PAYMENT',
  'PAID',
  'EXPIRED',
  'CANCELLED',
  'REJECTED',
  'PROCESSING',
  'READY_FOR_PICKUP',
  'SHIPPED',
  'VAULTED',
  'PICKED_UP',
  'DELIVERED',
  'COMPLETED',
  'REFUND_PENDING',
  'REFUNDED',
  'RETURN_REQUESTED',
  'RETURNED',
] as const;
export type OrderStatus = (typeof orderStatuses)[number];

export type Side = 'BUY' | 'SELL';

/** Who changes an order. The system has no user. */
export type ActorKind = 'CUSTOMER' | 'OPERATOR' | 'SYSTEM';
export type Actor = { kind: ActorKind; userId: string | null };

/** An order as it is at one version. `total` is in `currency`. */
export type Order = {
  id: string;
  /** For people, see `orderNumber`. */
  number: string;
  customerId: string;
  clientOrderId: string | null;
  side: Side;
  status: OrderStatus;
  quoteId: string;
  currency: string;
  total: Decimal;
  placedAt: Date;
  /** Until when it has, or had, to be paid; see `openPaymentDueAt`. */
  paymentDueAt: Date;
  paidAt: Date | null;
  /** The sequence of its latest history entry, from 1. */
  version: number;
};

/** One step of the price that the quote promised. `amount` is in the order's currency. */
export type OrderPriceLine = {
  stage: string;
  label: string;
  amount: string;
  ruleCode: string | null;
  ruleVersion: number | null;
  currency: string;
};

export type OrderLine = {
  orderId: string;
  sku: string;
  /** The product's name when the order was placed. */
  name: string;
  /** Pieces. */
  quantity: number;
  unitPrice: Decimal;
  total: Decimal;
  priceLines: Omit<OrderPriceLine, 'currency'>[];
  currency: string;
};

export type OrderHistoryEntry = {
  orderId: string;
  sequence: number;
  from: OrderStatus | null;
  to: OrderStatus;
  actor: ActorKind;
  actorId: string | null;
  reason: string | null;
  at: Date;
};

/** Which orders to list; everything that is given must fit. */
export type OrderFilter = {
  status?: OrderStatus[] | null;
  customerId?: string | null;
  placedFrom?: number | null;
  placedTo?: number | null;
  number?: string | null;
};

/** An order's number as people read it. @param sequence from the database's sequence of numbers */
export function orderNumber(sequence: string): string {
  return `G-${sequence}`;
}

/** The sequence in a number that people wrote; `undefined` when it is none. */
export function sequenceOf(number: string): string | undefined {
  return /^\s*G-(\d{1,18})\s*$/i.exec(number)?.[1];
}

/** Until when the order has to be paid; null once nothing is to be paid any more. */
export function openPaymentDueAt({ status, paymentDueAt }: Pick<Order, 'status' | 'paymentDueAt'>): Date | null {
  return status === 'PENDING_PAYMENT' ? paymentDueAt : null;
}

/** The order as it was at an earlier version, which its history tells. The history holds that version. */
export function orderAsOf(order: Order, history: readonly OrderHistoryEntry[], version: number): Order {
  const until = history.filter(({ sequence }) => sequence <= version);
  const status = until.find(({ sequence }) => sequence === version)?.to;
  if (status === undefined) throw new RangeError(`order ${order.id} has no version ${version}`);
  const isPaid = until.some(({ to }) => to === 'PAID');
  return { ...order, status, version, paidAt: isPaid ? order.paidAt : null };
}
