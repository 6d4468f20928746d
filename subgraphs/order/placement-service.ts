import { requirePermission, type Caller } from '#shared/caller.ts';
import type { SqlClient, TransactionalClient } from '#shared/database.ts';
import { decimal } from '#shared/decimal.ts';
import { recordEvent } from '#shared/events/outbox.ts';
import type { QuoteTerms, QuoteVerifier } from '#shared/quote-token.ts';
import { orRefusal, type IdempotencyKeyReusedError, type InvalidInputError } from '#shared/refusal.ts';
import type { Order } from './domain/order.ts';
import { availableOf } from './domain/product.ts';
import { quoteProblem } from './domain/quote.ts';
import { textIssues } from './domain/text-input.ts';
import { idempotentMutation } from './idempotent-mutation.ts';
import { createOrderRepository, type NewOrder } from './order-repository.ts';
import * as refusals from './refusals.ts';
import { createStockRepository } from './stock-repository.ts';
import { toldOrder } from './take-order-to.ts';

export type PlaceOrderInput = { idempotencyKey: string; quoteToken: string; clientOrderId?: string | null };

export type PlaceOrderRefusal =
  | refusals.QuoteExpiredError
  | refusals.QuoteInvalidError
  | refusals.QuoteAlreadyUsedError
  | refusals.InsufficientStockError
  | refusals.SideNotSupportedError
  | refusals.ClientOrderIdUsedError
  | InvalidInputError
  | IdempotencyKeyReusedError;

export type PlacementService = {
  /**
   * Places an order on a firm quote, asking no other service. The same key and input give the same order again.
   * @throws DomainError UNAUTHENTICATED or FORBIDDEN
   */
  placeOrder(caller: Caller, input: PlaceOrderInput): Promise<Order | PlaceOrderRefusal>;
};

/**
 * Placing orders. Everything happens in one transaction; the row of the product's stock, which all who want the product
 * share, is locked last, so that a rush on one product waits for as little as it can.
 * @param options.now epoch milliseconds
 * @param options.paymentWindowMs how long an order may be paid
 * @param options.quoteGraceMs how long after its end a quote is still taken
 */
export function createPlacementService<Transaction extends SqlClient>(options: {
  database: TransactionalClient<Transaction>;
  quotes: QuoteVerifier;
  now: () => number;
  paymentWindowMs: number;
  quoteGraceMs: number;
}): PlacementService {
  const { database, quotes, quoteGraceMs: graceMs } = options;

  async function place(transaction: SqlClient, order: NewOrder): Promise<Order> {
    const orders = createOrderRepository(transaction);
    const placed = await orders.place(order);
    if (!placed) throw await usedBefore(transaction, order);
    const { id, number, name } = placed;
    if (name === null) throw refusals.quoteInvalid();
    const { line, ...facts } = order;
    const { sku, quantity } = line;
    const total = decimal(order.total);
    const state: Order = { ...facts, id, number, total, status: 'PENDING_PAYMENT', paidAt: null, version: 1 };
    const told = toldOrder(state, [{ sku, name, quantity }], null);
    await recordEvent(transaction, 'order.order-placed', told, order.placedAt);
    const stock = createStockRepository(transaction);
    if (!(await stock.move({ sku, kind: 'RESERVE', pieces: quantity, orderId: id, at: order.placedAt }))) {
      const [level] = await stock.bySkus([sku]);
      throw refusals.insufficientStock(level ? availableOf(level) : 0, quantity);
    }
    return state;
  }

  return {
    async placeOrder(caller, input) {
      const user = requirePermission(caller, 'PLACE_ORDERS');
      return orRefusal<Order, PlaceOrderRefusal>(async () => {
        const issues = textIssues('clientOrderId', input.clientOrderId, { min: 1, max: 100 });
        const quote = quotes.verify(input.quoteToken);
        const request = { caller: user, mutation: 'placeOrder', input, issues };
        let placed: Order | undefined;
        const id = await idempotentMutation(database, request, async (transaction) => {
          const now = options.now();
          const terms = usable(quote, { customerId: user.userId, now, graceMs });
          const placedAt = new Date(now);
          const paymentDueAt = new Date(now + options.paymentWindowMs);
          const clientOrderId = input.clientOrderId ?? null;
          placed = await place(transaction, { ...orderOn(terms), clientOrderId, placedAt, paymentDueAt });
          return placed.id;
        });
        // What has just been placed need not be read; what was placed before may have gone on since.
        const [order] = placed ? [placed] : await createOrderRepository(database).byIds([id]);
        return order!;
      });
    },
  };
}

function usable(quote: QuoteTerms | undefined, at: { customerId: string; now: number; graceMs: number }): QuoteTerms {
  const problem = quoteProblem(quote, at);
  if (!quote || problem === 'INVALID') throw refusals.quoteInvalid();
  if (problem === 'EXPIRED') throw refusals.quoteExpired(quote.quoteId, quote.expiresAt);
  if (problem === 'SIDE_NOT_SUPPORTED') throw refusals.sideNotSupported(quote.side);
  return quote;
}

function orderOn({ customerId, side, quoteId, currency, total, sku, quantity, unitPrice, lines }: QuoteTerms) {
  return { customerId, side, quoteId, currency, total, line: { sku, quantity, unitPrice, priceLines: lines } };
}

async function usedBefore(transaction: SqlClient, order: NewOrder) {
  const { quote, name } = await createOrderRepository(transaction).usersOf(order);
  if (quote !== undefined) return refusals.quoteAlreadyUsed(quote);
  if (name !== undefined) return refusals.clientOrderIdUsed(name);
  return new Error(`quote ${order.quoteId} was refused although no order has it`);
}
