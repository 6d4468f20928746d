import { mayDo, requirePermission, requireUser, type Caller, type User } from '#shared/caller.ts';
import type { SqlClient, TransactionalClient } from '#shared/database.ts';
import {
  notFound,
  orRefusal,
  type IdempotencyKeyReusedError,
  type InvalidInputError,
  type NotFoundError,
} from '#shared/refusal.ts';
import type { Actor, Order, OrderStatus } from './domain/order.ts';
import { textIssues, trimmed } from './domain/text-input.ts';
import { idempotentMutation } from './idempotent-mutation.ts';
import { createOrderRepository } from './order-repository.ts';
import type { OrderStateError, PaymentNotCoveredError } from './refusals.ts';
import { takeOrderTo } from './take-order-to.ts';

type OrderInput = { idempotencyKey: string; orderId: string; reason?: string | null };

export type AdvanceOrderRefusal = OrderStateError | NotFoundError | InvalidInputError | IdempotencyKeyReusedError;
export type PayOrderRefusal = PaymentNotCoveredError | AdvanceOrderRefusal;

/** Taking orders from state to state. The same key and input give the same order again, as it is by then. */
export type OrderService = {
  /** Pays the caller's own order out of the wallet. @throws DomainError UNAUTHENTICATED or FORBIDDEN */
  payOrder(caller: Caller, input: OrderInput): Promise<Order | PayOrderRefusal>;
  /** Cancels the caller's own order, or for staff anybody's. @throws DomainError UNAUTHENTICATED */
  cancelOrder(caller: Caller, input: OrderInput): Promise<Order | AdvanceOrderRefusal>;
  /** Takes any order where the table of transitions lets staff take it. @throws DomainError UNAUTHENTICATED or FORBIDDEN */
  advanceOrder(caller: Caller, input: OrderInput & { to: OrderStatus }): Promise<Order | AdvanceOrderRefusal>;
  /**
   * Lets an order expire, unless it was paid, is not overdue, or is being changed by somebody else.
   * @returns whether it has expired
   */
  expireOrder(id: string): Promise<boolean>;
  /** Ids of orders that have to expire, the longest overdue first. */
  overdueOrders(limit: number): Promise<string[]>;
};

/** @param options.now epoch milliseconds */
export function createOrderService<Transaction extends SqlClient>(options: {
  database: TransactionalClient<Transaction>;
  now: () => number;
}): OrderService {
  const { database } = options;
  const now = () => new Date(options.now());

  function take<Refused extends AdvanceOrderRefusal | PayOrderRefusal>(
    user: User,
    request: { mutation: string; input: OrderInput; to: OrderStatus; actorOf: (order: Order) => Actor | undefined },
  ): Promise<Order | Refused> {
    const { mutation, input, to, actorOf } = request;
    return orRefusal<Order, Refused>(async () => {
      const issues = textIssues('reason', input.reason, { max: 500 });
      const id = await idempotentMutation(database, { caller: user, mutation, input, issues }, async (transaction) => {
        const order = await createOrderRepository(transaction).lock(input.orderId);
        const actor = order && actorOf(order);
        if (!actor) throw notFound('order');
        await takeOrderTo(transaction, order, { to, actor, reason: trimmed(input.reason), now: now() });
        return order.id;
      });
      const [order] = await createOrderRepository(database).byIds([id]);
      return order!;
    });
  }

  return {
    async payOrder(caller, input) {
      const user = requirePermission(caller, 'PLACE_ORDERS');
      return take<PayOrderRefusal>(user, {
        mutation: 'payOrder',
        input,
        to: 'PAID',
        actorOf: (order) => ownerOf(order, user),
      });
    },
    async cancelOrder(caller, input) {
      const user = requireUser(caller);
      const staff: Actor | undefined = mayDo(user, 'ADVANCE_ORDERS') ? operator(user) : undefined;
      return take<AdvanceOrderRefusal>(user, {
        mutation: 'cancelOrder',
        input,
        to: 'CANCELLED',
        actorOf: (order) => ownerOf(order, user) ?? staff,
      });
    },
    async advanceOrder(caller, input) {
      const user = requirePermission(caller, 'ADVANCE_ORDERS');
      const actorOf = () => operator(user);
      return take<AdvanceOrderRefusal>(user, { mutation: 'advanceOrder', input, to: input.to, actorOf });
    },
    expireOrder: (id) =>
      database.$transaction(async (transaction) => {
        const at = now();
        const order = await createOrderRepository(transaction).lockOverdue(id, at);
        if (!order) return false;
        const actor: Actor = { kind: 'SYSTEM', userId: null };
        await takeOrderTo(transaction, order, { to: 'EXPIRED', actor, reason: null, now: at });
        return true;
      }),
    overdueOrders: (limit) => createOrderRepository(database).overdue(now(), limit),
  };
}

function ownerOf(order: Order, { userId }: User): Actor | undefined {
  return order.customerId === userId ? { kind: 'CUSTOMER', userId } : undefined;
}

function operator({ userId }: User): Actor {
  return { kind: 'OPERATOR', userId };
}
