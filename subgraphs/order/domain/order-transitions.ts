import type { Decimal } from '#shared/decimal.ts';
import type { ActorKind, Order, OrderStatus } from './order.ts';
import type { MovementKind } from './stock-movement.ts';

/** Why an order cannot go to a state: a code for programs, a message for people. */
export type TransitionBlock = {
  code:
    | 'TRANSITION_NOT_POSSIBLE'
    | 'TRANSITION_NOT_YOURS'
    | 'PAYMENT_OVERDUE'
    | 'PAYMENT_NOT_OVERDUE'
    | 'PAYMENT_NOT_COVERED';
  message: string;
};

/** What guards judge by. */
export type TransitionFacts = {
  now: Date;
  /** What the customer's wallet holds in the order's currency; `undefined` where the wallet itself is about to decide. */
  available?: Decimal;
};

type Guard = (order: Order, facts: TransitionFacts) => TransitionBlock | undefined;

/** A step that an order may take: who takes it, what must hold, and what it does to stock and wallet. */
export type Transition = {
  from: OrderStatus;
  to: OrderStatus;
  by: readonly ActorKind[];
  guards: readonly Guard[];
  stock?: MovementKind;
  wallet?: 'PAYMENT' | 'REFUND';
};

/** An order can be paid until the very instant at which the payment is due, and expires after it. */
const notOverdue: Guard = ({ paymentDueAt }, { now }) =>
  now > paymentDueAt
    ? { code: 'PAYMENT_OVERDUE', message: `It had to be paid until ${paymentDueAt.toISOString()}` }
    : undefined;

const overdue: Guard = ({ paymentDueAt }, { now }) =>
  now > paymentDueAt
    ? undefined
    : { code: 'PAYMENT_NOT_OVERDUE', message: `It can be paid until ${paymentDueAt.toISOString()}` };

const covered: Guard = ({ total, currency }, { available }) =>
  available?.lt(total)
    ? { code: 'PAYMENT_NOT_COVERED', message: `The wallet lacks ${total.minus(available).toFixed()} ${currency}` }
    : undefined;

const customer = ['CUSTOMER'] as const;
const operator = ['OPERATOR'] as const;
const either = ['CUSTOMER', 'OPERATOR'] as const;
const system = ['SYSTEM'] as const;

/** Every step of an order on which a customer buys; there are no others. It never leads in a circle. */
export const transitions: readonly Transition[] = [
  {
    from: 'PENDING_PAYMENT',
    to: 'PAID',
    by: customer,
    guards: [notOverdue, covered],
    stock: 'ALLOCATE',
    wallet: 'PAYMENT',
  },
  { from: 'PENDING_PAYMENT', to: 'EXPIRED', by: system, guards: [overdue], stock: 'RESERVATION_RELEASE' },
  { from: 'PENDING_PAYMENT', to: 'CANCELLED', by: either, guards: [], stock: 'RESERVATION_RELEASE' },
  { from: 'PENDING_PAYMENT', to: 'REJECTED', by: operator, guards: [], stock: 'RESERVATION_RELEASE' },
  { from: 'PAID', to: 'PROCESSING', by: operator, guards: [] },
  { from: 'PAID', to: 'REFUND_PENDING', by: operator, guards: [], stock: 'ALLOCATION_RELEASE' },
  { from: 'PROCESSING', to: 'READY_FOR_PICKUP', by: operator, guards: [] },
  { from: 'PROCESSING', to: 'SHIPPED', by: operator, guards: [], stock: 'SALE' },
  { from: 'PROCESSING', to: 'VAULTED', by: operator, guards: [], stock: 'SALE' },
  { from: 'PROCESSING', to: 'REFUND_PENDING', by: operator, guards: [], stock: 'ALLOCATION_RELEASE' },
  { from: 'READY_FOR_PICKUP', to: 'PICKED_UP', by: operator, guards: [], stock: 'SALE' },
  // Nobody came for it.
  { from: 'READY_FOR_PICKUP', to: 'REFUND_PENDING', by: operator, guards: [], stock: 'ALLOCATION_RELEASE' },
  { from: 'SHIPPED', to: 'DELIVERED', by: operator, guards: [] },
  { from: 'SHIPPED', to: 'RETURN_REQUESTED', by: operator, guards: [] },
  { from: 'DELIVERED', to: 'COMPLETED', by: operator, guards: [] },
  { from: 'DELIVERED', to: 'RETURN_REQUESTED', by: operator, guards: [] },
  { from: 'VAULTED', to: 'COMPLETED', by: operator, guards: [] },
  { from: 'PICKED_UP', to: 'COMPLETED', by: operator, guards: [] },
  { from: 'RETURN_REQUESTED', to: 'RETURNED', by: operator, guards: [], stock: 'RETURN' },
  { from: 'RETURNED', to: 'REFUND_PENDING', by: operator, guards: [] },
  { from: 'REFUND_PENDING', to: 'REFUNDED', by: operator, guards: [], wallet: 'REFUND' },
];

/** The steps that lead on from a state; none from a final one. */
export function transitionsFrom(status: OrderStatus): Transition[] {
  return transitions.filter(({ from }) => from === status);
}

/**
 * The step that takes an order to a state, or why it cannot be taken.
 * @param as what the one who asks may act as
 */
export function judgeTransition(
  order: Order,
  to: OrderStatus,
  as: readonly ActorKind[],
  facts: TransitionFacts,
): { transition: Transition } | { block: TransitionBlock } {
  const transition = transitionsFrom(order.status).find((one) => one.to === to);
  if (!transition) {
    return { block: { code: 'TRANSITION_NOT_POSSIBLE', message: `No way leads from ${order.status} to ${to}` } };
  }
  const block = blockOf(transition, order, as, facts);
  return block ? { block } : { transition };
}

/** Why those who ask cannot take a step that leads on from the order's state; `undefined` when they can. */
export function blockOf(
  transition: Transition,
  order: Order,
  as: readonly ActorKind[],
  facts: TransitionFacts,
): TransitionBlock | undefined {
  if (!transition.by.some((kind) => as.includes(kind))) {
    return { code: 'TRANSITION_NOT_YOURS', message: whose[transition.by[0]!] };
  }
  for (const guard of transition.guards) {
    const block = guard(order, facts);
    if (block) return block;
  }
  return undefined;
}

const whose: Record<ActorKind, string> = {
  CUSTOMER: 'Only the customer takes it there, by paying',
  OPERATOR: 'Only the dealer takes it there',
  SYSTEM: 'It goes there by itself, when the payment is overdue',
};
