import { mayDo, requireOwner, requirePermission, requireUser, type Caller } from '#shared/caller.ts';
import type { SqlClient } from '#shared/database.ts';
import type { Decimal } from '#shared/decimal.ts';
import { badInput } from '#shared/errors.ts';
import { decodeCursor, pageSize, toPage, type Page } from '#shared/pagination.ts';
import { isUuid } from '#shared/uuid.ts';
import { blockOf, transitionsFrom, type TransitionBlock } from './domain/order-transitions.ts';
import {
  type ActorKind,
  type Order,
  type OrderFilter,
  type OrderHistoryEntry,
  type OrderLine,
  type OrderStatus,
} from './domain/order.ts';
import { createOrderRepository } from './order-repository.ts';

export type PageOptions = { first: number; after?: string | null };

/** A state that an order can go to, and what keeps the caller from taking it there. */
export type OfferedTransition = { to: OrderStatus; allowed: boolean; blockedBy: TransitionBlock | null };

/** Reading orders: what belongs to others does not exist, but for staff. */
export type OrderReadingService = {
  /** Orders in the order of the ids, null for each that the caller may not see or that there is not. @throws DomainError UNAUTHENTICATED */
  ordersOf(caller: Caller, ids: readonly string[]): Promise<(Order | null)[]>;
  /**
   * Everybody's orders, the newest first.
   * @throws DomainError UNAUTHENTICATED, FORBIDDEN, BAD_USER_INPUT
   */
  list(caller: Caller, options: PageOptions & { where?: OrderFilter | null }): Promise<Page<Order>>;
  /** One customer's orders, the newest first. @throws DomainError UNAUTHENTICATED, FORBIDDEN, BAD_USER_INPUT */
  listOf(caller: Caller, customerId: string, options: PageOptions): Promise<Page<Order>>;
  /** Lines of orders that the caller has been shown, order by order. */
  linesOf(orderIds: readonly string[]): Promise<OrderLine[][]>;
  /** History of orders that the caller has been shown, order by order; without the names of staff where it is a customer. */
  historyOf(caller: Caller, orderIds: readonly string[]): Promise<OrderHistoryEntry[][]>;
  /**
   * Where an order can go to from here, and whether the caller can take it there now.
   * @param options.available reads what the customer's wallet holds in the order's currency; asked only where it matters
   */
  nextTransitions(
    caller: Caller,
    order: Order,
    options: { available: () => Promise<Decimal> },
  ): Promise<OfferedTransition[]>;
};

/** @param options.now epoch milliseconds */
export function createOrderReadingService(options: { database: SqlClient; now: () => number }): OrderReadingService {
  const orders = createOrderRepository(options.database);

  async function page(filter: OrderFilter, { first, after }: PageOptions): Promise<Page<Order>> {
    const size = pageSize(first);
    const behind = typeof after === 'string' ? readPlace(after) : undefined;
    return toPage(await orders.list(filter, size + 1, behind), size, ({ id }) => [id]);
  }

  return {
    async ordersOf(caller, ids) {
      const user = requireUser(caller);
      const seesAll = mayDo(user, 'READ_ALL_ORDERS');
      const found = new Map((await orders.byIds(ids)).map((order) => [order.id, order]));
      return ids.map((id) => {
        const order = found.get(id.toLowerCase());
        return order && (seesAll || order.customerId === user.userId) ? order : null;
      });
    },
    async list(caller, { where, ...options_ }) {
      requirePermission(caller, 'READ_ALL_ORDERS');
      if (where?.customerId?.includes('\u0000')) throw badInput('customerId must not have control characters');
      return page(where ?? {}, options_);
    },
    async listOf(caller, customerId, options_) {
      requireOwner(caller, customerId, 'READ_ALL_ORDERS');
      return page({ customerId }, options_);
    },
    linesOf: async (orderIds) => byOrder(orderIds, await orders.linesOf(orderIds)),
    async historyOf(caller, orderIds) {
      const seesStaff = mayDo(caller, 'READ_ALL_ORDERS');
      const entries = await orders.historyOf(orderIds);
      return byOrder(orderIds, seesStaff ? entries : entries.map((entry) => ({ ...entry, actorId: null })));
    },
    async nextTransitions(caller, order, { available }) {
      const as = actorKindsOf(caller, order);
      const offered = transitionsFrom(order.status);
      const balance = offered.some(({ wallet }) => wallet === 'PAYMENT') ? await available() : undefined;
      const facts = { now: new Date(options.now()), available: balance };
      return offered.map((transition) => {
        const blockedBy = blockOf(transition, order, as, facts) ?? null;
        return { to: transition.to, allowed: blockedBy === null, blockedBy };
      });
    },
  };
}

/** Orders are told apart in a list by their ids, which are in the order of time. */
function readPlace(cursor: string): string {
  const [id] = decodeCursor(cursor, 1) as [string];
  if (isUuid(id)) return id;
  throw badInput('after is not a cursor of this list: pass pageInfo.endCursor as it came');
}

function actorKindsOf(caller: Caller, order: Order): ActorKind[] {
  const isOwner = caller.kind === 'user' && caller.userId === order.customerId;
  return [
    ...(isOwner && mayDo(caller, 'PLACE_ORDERS') ? (['CUSTOMER'] as const) : []),
    ...(mayDo(caller, 'ADVANCE_ORDERS') ? (['OPERATOR'] as const) : []),
  ];
}

function byOrder<Part extends { orderId: string }>(orderIds: readonly string[], parts: readonly Part[]): Part[][] {
  const grouped = Map.groupBy(parts, ({ orderId }) => orderId);
  return orderIds.map((id) => grouped.get(id) ?? []);
}
