import type { SqlClient } from '#shared/database.ts';
import { DomainError } from '#shared/errors.ts';
import { recordEvent } from '#shared/events/outbox.ts';
import { moneyToWire } from '#shared/money.ts';
import { judgeTransition, type Transition } from './domain/order-transitions.ts';
import { openPaymentDueAt, type Actor, type Order, type OrderLine, type OrderStatus } from './domain/order.ts';
import { createOrderRepository } from './order-repository.ts';
import { orderState, paymentNotCovered } from './refusals.ts';
import { createStockRepository } from './stock-repository.ts';
import { createWalletRepository } from './wallet-repository.ts';

/** A step that somebody wants an order to take. */
export type Step = { to: OrderStatus; actor: Actor; reason: string | null; now: Date };

/**
 * Takes an order to another state with everything that belongs to it: history, wallet, stock and the event
 * `order.order-advanced`. The one way in which an order changes. Rows are locked in the same order by everybody: order,
 * wallet, then stock, which many orders share, at the very end.
 * @param order as it was read; when it has changed since, nothing is done
 * @throws Refusal OrderStateError or PaymentNotCoveredError; DomainError CONFLICT when the order has changed since
 */
export async function takeOrderTo(transaction: SqlClient, order: Order, step: Step): Promise<void> {
  const { to, actor, reason, now } = step;
  const judgement = judgeTransition(order, to, [actor.kind], { now });
  if ('block' in judgement) throw orderState(judgement.block, order.status, to);
  const { transition } = judgement;
  const orders = createOrderRepository(transaction);
  if (!(await orders.advance(order, { to, actor, reason, at: now }))) {
    throw new DomainError('CONFLICT', 'The order has just changed: look at it again', { retryable: true });
  }
  const lines = await orders.linesOf([order.id]);
  const told = toldOrder({ ...order, status: to, version: order.version + 1 }, lines, reason);
  await recordEvent(transaction, 'order.order-advanced', { ...told, from: order.status }, now);
  await moveMoney(transaction, order, transition, now);
  await moveStock(transaction, order, lines, transition, now);
}

/** An order as events tell of it. */
export function toldOrder(
  order: Order,
  lines: readonly Pick<OrderLine, 'sku' | 'name' | 'quantity'>[],
  reason: string | null,
) {
  const { id: orderId, version, number, customerId, quoteId, status, side, total: amount, currency } = order;
  return {
    orderId,
    version,
    number,
    customerId,
    quoteId,
    status,
    side,
    total: moneyToWire({ amount, currency }),
    lines: lines.map(({ sku, name, quantity }) => ({ sku, name, quantity })),
    paymentDueAt: openPaymentDueAt(order)?.toISOString() ?? null,
    reason,
  };
}

async function moveMoney(transaction: SqlClient, order: Order, { wallet: kind }: Transition, at: Date): Promise<void> {
  if (!kind) return;
  const { id: orderId, number: reference, customerId: userId, currency, total: amount } = order;
  const wallets = createWalletRepository(transaction);
  const movement = { userId, currency, amount, kind, reference, orderId, at };
  if (kind === 'REFUND') return wallets.add(movement);
  if (await wallets.take(movement)) return;
  const balances = await wallets.balancesOf([userId]);
  const available = balances.find((balance) => balance.currency === currency)?.available ?? 0;
  throw paymentNotCovered({ amount: amount.minus(available), currency });
}

async function moveStock(
  transaction: SqlClient,
  { id: orderId }: Order,
  lines: readonly OrderLine[],
  { stock: kind }: Transition,
  at: Date,
): Promise<void> {
  if (!kind) return;
  const stock = createStockRepository(transaction);
  // In one order for all, so that two orders never wait for each other.
  for (const { sku, quantity: pieces } of lines.toSorted((one, other) => (one.sku < other.sku ? -1 : 1))) {
    if (await stock.move({ sku, kind, pieces, orderId, at })) continue;
    throw new Error(`${sku} has no stock level although order ${orderId} holds pieces of it`);
  }
}
