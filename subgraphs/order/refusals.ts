import { moneyToWire, type Money } from '#shared/money.ts';
import { Refusal } from '#shared/refusal.ts';
import type { TransitionBlock } from './domain/order-transitions.ts';
import type { OrderStatus, Side } from './domain/order.ts';

type Refused<Name extends string, Code extends string, Facts = unknown> = {
  __typename: Name;
  code: Code;
  message: string;
  retryable: boolean;
} & Facts;

export type QuoteExpiredError = Refused<'QuoteExpiredError', 'QUOTE_EXPIRED', { quoteId: string; expiredAt: number }>;
export type QuoteInvalidError = Refused<'QuoteInvalidError', 'QUOTE_INVALID'>;
export type QuoteAlreadyUsedError = Refused<'QuoteAlreadyUsedError', 'QUOTE_ALREADY_USED', { orderId: string }>;
export type InsufficientStockError = Refused<
  'InsufficientStockError',
  'INSUFFICIENT_STOCK',
  { available: number; requested: number }
>;
export type SideNotSupportedError = Refused<'SideNotSupportedError', 'SIDE_NOT_SUPPORTED', { side: Side }>;
export type ClientOrderIdUsedError = Refused<'ClientOrderIdUsedError', 'CLIENT_ORDER_ID_USED', { orderId: string }>;
export type PaymentNotCoveredError = Refused<'PaymentNotCoveredError', 'PAYMENT_NOT_COVERED', { missing: Money }>;
export type OrderStateError = Refused<
  'OrderStateError',
  TransitionBlock['code'],
  { from: OrderStatus; to: OrderStatus }
>;

/** Refuses a quote whose time is over. @param expiredAt epoch milliseconds */
export function quoteExpired(quoteId: string, expiredAt: number): Refusal<QuoteExpiredError> {
  const message = 'The quote has expired: take a new one';
  return refuse({ __typename: 'QuoteExpiredError', code: 'QUOTE_EXPIRED', message, quoteId, expiredAt });
}

/** Refuses a token that is no quote, or no quote of the caller's. */
export function quoteInvalid(): Refusal<QuoteInvalidError> {
  const message = 'This is not a quote that was given to you: pass the token of a firm quote as it came';
  return refuse({ __typename: 'QuoteInvalidError', code: 'QUOTE_INVALID', message });
}

/** Refuses a quote that was spent. */
export function quoteAlreadyUsed(orderId: string): Refusal<QuoteAlreadyUsedError> {
  const message = 'An order was placed on this quote before: take a new one';
  return refuse({ __typename: 'QuoteAlreadyUsedError', code: 'QUOTE_ALREADY_USED', message, orderId });
}

/** Refuses more pieces than there are. It may succeed later. */
export function insufficientStock(available: number, requested: number): Refusal<InsufficientStockError> {
  const message = `Of ${requested} pieces there are ${available}`;
  const facts = { message, available, requested, retryable: true };
  return refuse({ __typename: 'InsufficientStockError', code: 'INSUFFICIENT_STOCK', ...facts });
}

/** Refuses a quote of a side on which no orders are taken. */
export function sideNotSupported(side: Side): Refusal<SideNotSupportedError> {
  const message = `Orders are taken on BUY quotes, not on ${side}`;
  return refuse({ __typename: 'SideNotSupportedError', code: 'SIDE_NOT_SUPPORTED', message, side });
}

/** Refuses a second order of the customer's own name for it. */
export function clientOrderIdUsed(orderId: string): Refusal<ClientOrderIdUsedError> {
  const message = 'You have another order with this clientOrderId';
  return refuse({ __typename: 'ClientOrderIdUsedError', code: 'CLIENT_ORDER_ID_USED', message, orderId });
}

/** Refuses a payment that the wallet does not cover. It may succeed later. */
export function paymentNotCovered(missing: Money): Refusal<PaymentNotCoveredError> {
  const { amount, currency } = moneyToWire(missing);
  const facts = { message: `The wallet lacks ${amount} ${currency}`, missing, retryable: true };
  return refuse({ __typename: 'PaymentNotCoveredError', code: 'PAYMENT_NOT_COVERED', ...facts });
}

/** Refuses to take an order from one state to another. */
export function orderState(block: TransitionBlock, from: OrderStatus, to: OrderStatus): Refusal<OrderStateError> {
  return refuse({ __typename: 'OrderStateError', ...block, from, to });
}

function refuse<Result extends Refused<string, string>>(
  result: Omit<Result, 'retryable'> & { retryable?: boolean },
): Refusal<Result> {
  return new Refusal({ retryable: false, ...result } as unknown as Result);
}
