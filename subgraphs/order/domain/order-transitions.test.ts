import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { decimal } from '#shared/decimal.ts';
import { anOrder } from './order-builders.ts';
import { judgeTransition, transitions, transitionsFrom } from './order-transitions.ts';
import { orderStatuses, type ActorKind, type OrderStatus } from './order.ts';
import { stockChange } from './stock-movement.ts';

const due = anOrder().paymentDueAt;
const actors: ActorKind[] = ['CUSTOMER', 'OPERATOR', 'SYSTEM'];
const at = (offsetMs: number) => new Date(due.getTime() + offsetMs);
const codeOf = (judgement: ReturnType<typeof judgeTransition>) =>
  'block' in judgement ? judgement.block.code : undefined;

describe('the states of an order', () => {
  test('end where they are final, and nowhere else', () => {
    const ends = orderStatuses.filter((status) => transitionsFrom(status).length === 0);
    expect(ends.toSorted()).toEqual(['CANCELLED', 'COMPLETED', 'EXPIRED', 'REFUNDED', 'REJECTED']);
  });

  test('are all reached from the first one, by one step each way', () => {
    const reached = new Set<OrderStatus>(['PENDING_PAYMENT']);
    for (const status of reached) for (const { to } of transitionsFrom(status)) reached.add(to);
    expect([...reached].toSorted()).toEqual(orderStatuses.toSorted());
    expect(new Set(transitions.map(({ from, to }) => `${from} ${to}`)).size).toBe(transitions.length);
  });

  test('lead nowhere but where the table says', () => {
    fc.assert(
      fc.property(fc.constantFrom(...orderStatuses), fc.constantFrom(...orderStatuses), (status, to) => {
        const isInTable = transitions.some((one) => one.from === status && one.to === to);
        const judgement = judgeTransition(anOrder({ status }), to, actors, { now: at(0) });
        expect(codeOf(judgement) === 'TRANSITION_NOT_POSSIBLE').toBe(!isInTable);
      }),
    );
  });

  test('never take what was not there: on every walk, pieces and money come out as they went in', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(), { maxLength: 12 }), fc.integer({ min: 1, max: 50 }), (choices, pieces) => {
        const stock = { onHand: 100, reserved: pieces, allocated: 0 };
        let paid = 0;
        let status: OrderStatus = 'PENDING_PAYMENT';
        for (const choice of choices) {
          const steps = transitionsFrom(status);
          if (steps.length === 0) break;
          const { to, stock: kind, wallet } = steps[choice % steps.length]!;
          const change = kind ? stockChange(kind, pieces) : { onHand: 0, reserved: 0, allocated: 0 };
          stock.onHand += change.onHand;
          stock.reserved += change.reserved;
          stock.allocated += change.allocated;
          paid += wallet === 'PAYMENT' ? 1 : wallet === 'REFUND' ? -1 : 0;
          status = to;
          expect(Math.min(stock.onHand, stock.reserved, stock.allocated, paid)).toBeGreaterThanOrEqual(0);
          expect(stock.reserved + stock.allocated).toBeLessThanOrEqual(stock.onHand);
        }
        if (transitionsFrom(status).length > 0) return;
        // A final state holds nothing back: either the customer has the pieces and paid once, or neither.
        const isSold = status === 'COMPLETED';
        expect(stock).toEqual({ onHand: isSold ? 100 - pieces : 100, reserved: 0, allocated: 0 });
        expect(paid).toBe(isSold ? 1 : 0);
      }),
    );
  });
});

describe('a payment', () => {
  const pay = (now: Date, available?: string, as: ActorKind[] = ['CUSTOMER']) =>
    codeOf(judgeTransition(anOrder(), 'PAID', as, { now, ...(available && { available: decimal(available) }) }));

  test('is possible until the instant at which it is due', () => {
    expect([pay(at(-1)), pay(at(0)), pay(at(1))]).toEqual([undefined, undefined, 'PAYMENT_OVERDUE']);
  });

  test('must be covered, where the balance is known', () => {
    expect([pay(at(0), '1000'), pay(at(0), '999.9999')]).toEqual([undefined, 'PAYMENT_NOT_COVERED']);
  });

  test("is the customer's own", () => {
    expect(pay(at(0), '1000', ['OPERATOR'])).toBe('TRANSITION_NOT_YOURS');
  });
});

test('an order is either payable or overdue, at every instant', () => {
  fc.assert(
    fc.property(fc.integer({ min: -1_000_000, max: 1_000_000 }), (offset) => {
      const facts = { now: at(offset) };
      const [payable, overdue] = ['PAID', 'EXPIRED'].map((to) =>
        judgeTransition(anOrder(), to as OrderStatus, actors, facts),
      );
      expect('block' in payable!).toBe(!('block' in overdue!));
    }),
  );
});
