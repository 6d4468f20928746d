import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { transitionsFrom } from '../domain/order-transitions.ts';
import { orderStatuses, type OrderStatus } from '../domain/order.ts';
import { startOrder, type OrderFixture, type Person } from './order-fixture.ts';
import { ask } from './order-requests.ts';

let order: OrderFixture;
let operator: Person;
const credited = 5_000;

beforeAll(async () => {
  order = await startOrder();
  operator = order.signIn('OPERATOR');
});
afterAll(() => order.stop());

/** One thing that somebody does to one of the orders: possible or not. */
const act = fc.oneof(
  fc.record({ what: fc.constant('place' as const), which: fc.constant(0), quantity: fc.integer({ min: 1, max: 6 }) }),
  fc.record({ what: fc.constantFrom('pay' as const, 'cancel' as const, 'expire' as const), which: fc.nat(5) }),
  fc.record({ what: fc.constant('advance' as const), which: fc.nat(5), to: fc.constantFrom(...orderStatuses) }),
  // Several of these, so that walks go far: a step that the table has, as it is when the step is chosen.
  ...[0, 1, 2].map(() => fc.record({ what: fc.constant('step' as const), which: fc.nat(5), choice: fc.nat(20) })),
  fc.record({ what: fc.constant('adjust' as const), which: fc.constant(0), quantity: fc.integer({ min: -8, max: 8 }) }),
);

test('whatever happens to orders at the same time, ledgers sum to levels, histories to states, and nothing is negative', async () => {
  let run = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(act, { minLength: 1, maxLength: 4 }), { minLength: 4, maxLength: 14 }),
      async (rounds) => {
        const sku = `WALK-${(run += 1)}`;
        const customer = order.signIn();
        await order.stocked(sku, 12, 1);
        await ask(operator, 'creditWallet', { userId: customer.id, amount: String(credited), currency: 'USD' });
        const ids: string[] = [];
        for (const acts of rounds) {
          // What is in one round happens at once.
          await Promise.all(
            acts.map(async (one) => {
              const orderId = ids[one.which % Math.max(1, ids.length)] ?? '';
              if (one.what === 'place') {
                const quoteToken = order.quote(customer, { sku, quantity: one.quantity });
                const { id } = await ask(customer, 'placeOrder', { quoteToken });
                if (id) ids.push(id);
              }
              if (one.what === 'pay') await ask(customer, 'payOrder', { orderId });
              if (one.what === 'cancel') await ask(customer, 'cancelOrder', { orderId });
              if (one.what === 'advance') await ask(operator, 'advanceOrder', { orderId, to: one.to });
              if (one.what === 'step' && orderId) {
                const { status } = await order.database.order.findUniqueOrThrow({ where: { id: orderId } });
                const steps = transitionsFrom(status as OrderStatus);
                const to = steps[one.choice % steps.length]?.to;
                if (to === 'PAID') await ask(customer, 'payOrder', { orderId });
                else if (to) await ask(operator, 'advanceOrder', { orderId, to });
              }
              if (one.what === 'adjust') await ask(operator, 'adjustStock', { sku, quantity: one.quantity });
              if (one.what === 'expire' && orderId) {
                order.clock.now += 300_000;
                await order.orders.expireOrder(orderId);
              }
            }),
          );
        }
        await expectLawful(sku, customer.id);
      },
    ),
    { numRuns: 12, endOnFailure: true },
  );
});

async function expectLawful(sku: string, customerId: string): Promise<void> {
  const { database } = order;
  const level = await database.stockLevel.findUniqueOrThrow({ where: { sku } });
  const { _sum: ledger } = await database.stockMovement.aggregate({
    where: { sku },
    _sum: { onHand: true, reserved: true, allocated: true },
  });
  expect(ledger).toEqual({ onHand: level.onHand, reserved: level.reserved, allocated: level.allocated });

  const orders = await database.order.findMany({ where: { customerId }, include: { lines: true, history: true } });
  const pieces = (statuses: string[]) =>
    orders.filter(({ status }) => statuses.includes(status)).reduce((sum, { lines }) => sum + lines[0]!.quantity, 0);
  expect(level.reserved).toBe(pieces(['PENDING_PAYMENT']));
  expect(level.allocated).toBe(pieces(['PAID', 'PROCESSING', 'READY_FOR_PICKUP']));

  for (const { history, version, status } of orders) {
    const inOrder = history.toSorted((one, other) => one.sequence - other.sequence);
    expect(inOrder.map(({ sequence }) => sequence)).toEqual(Array.from({ length: version }, (_, index) => index + 1));
    expect(inOrder.slice(1).map(({ from }) => from)).toEqual(inOrder.slice(0, -1).map(({ to }) => to));
    expect(inOrder.at(-1)!.to).toBe(status);
  }

  const unpaid = ['PENDING_PAYMENT', 'EXPIRED', 'CANCELLED', 'REJECTED', 'REFUNDED'];
  const spent = orders.filter(({ status }) => !unpaid.includes(status)).length * 1_000;
  const balance = await database.walletBalance.findFirstOrThrow({ where: { userId: customerId } });
  const entries = await database.walletEntry.aggregate({ where: { userId: customerId }, _sum: { amount: true } });
  expect(Number(balance.available)).toBe(credited - spent);
  expect(Number(entries._sum.amount)).toBe(credited - spent);

  // One event a version, for each consumer of it.
  const told = await database.outboxMessage.count({ where: { data: { path: ['customerId'], equals: customerId } } });
  expect(told).toBe(orders.reduce((sum, { version }) => sum + version + 1, 0));
}
