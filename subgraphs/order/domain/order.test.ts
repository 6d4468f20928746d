import { describe, expect, test } from '@jest/globals';
import { anOrder } from './order-builders.ts';
import { openPaymentDueAt, orderAsOf, sequenceOf, type OrderHistoryEntry, type OrderStatus } from './order.ts';
import { quoteProblem } from './quote.ts';
import { textIssues, trimmed } from './text-input.ts';

const history = (['PENDING_PAYMENT', 'PAID', 'PROCESSING'] as OrderStatus[]).map((to, index): OrderHistoryEntry => ({
  orderId: 'order-1',
  sequence: index + 1,
  from: null,
  to,
  actor: 'CUSTOMER',
  actorId: null,
  reason: null,
  at: new Date(0),
}));

describe('an order', () => {
  const order = anOrder({ status: 'PROCESSING', version: 3, paidAt: new Date(1) });

  test('was at each version what its history says', () => {
    expect([1, 2, 3].map((version) => orderAsOf(order, history, version))).toMatchObject([
      { status: 'PENDING_PAYMENT', version: 1, paidAt: null },
      { status: 'PAID', version: 2, paidAt: new Date(1) },
      { status: 'PROCESSING', version: 3, paidAt: new Date(1) },
    ]);
    expect(() => orderAsOf(order, history, 4)).toThrow('no version 4');
  });

  test('is to be paid while it is not', () => {
    expect(openPaymentDueAt(order)).toBeNull();
    expect(openPaymentDueAt(anOrder())).toEqual(anOrder().paymentDueAt);
  });

  test.each([
    ['G-1000042', '1000042'],
    [' g-7 ', '7'],
    ['1000042', undefined],
    ['G-', undefined],
    [`G-${'1'.repeat(19)}`, undefined],
  ])('with the number %j has the sequence %j', (number, sequence) => {
    expect(sequenceOf(number)).toBe(sequence);
  });
});

describe('a quote', () => {
  const quote = { customerId: 'customer-1', side: 'BUY' as const, expiresAt: 1_000 };
  const at = (now: number, graceMs = 0) => quoteProblem(quote, { customerId: 'customer-1', now, graceMs });

  test('is good until it expires, and for a grace after it', () => {
    expect([at(999), at(1_000), at(1_499, 500), at(1_500, 500)]).toEqual([undefined, 'EXPIRED', undefined, 'EXPIRED']);
  });

  test('is for the customer to whom it was given', () => {
    const others = { customerId: 'customer-2', now: 0, graceMs: 0 };
    expect([quoteProblem(quote, others), quoteProblem(undefined, others)]).toEqual(['INVALID', 'INVALID']);
  });
});

describe('a text', () => {
  test('is as long as it may be, and has nothing in it that nobody types', () => {
    const issuesOf = (text: string | null) =>
      textIssues('reason', text, { min: 1, max: 5 }).map(({ message }) => message);
    expect([null, 'ab\ncd', ' ', 'abcdef', '\u0000'].map(issuesOf)).toEqual([
      [],
      [],
      ['must have 1 to 5 characters'],
      ['must have 1 to 5 characters'],
      ['must not have control characters'],
    ]);
  });

  test('of blanks is none', () => {
    expect([trimmed('  '), trimmed(null), trimmed(' a ')]).toEqual([null, null, 'a']);
  });
});
