import { expect, test } from '@jest/globals';
import type { Failed } from './request-outcome.ts';
import { createRetryBudget, retryDelayMs } from './retry-policy.ts';

const failed = (kind: Failed['kind'], more: Partial<Failed> = {}): Failed => ({ kind, error: new Error(), ...more });
const first = { kind: 'query' as const, attempt: 1, leftMs: 1_000, random: 0.5 };

test('repetitions wait twice as long each time, by chance, and never beyond the deadline', () => {
  const broken = failed('broken');
  expect([1, 2, 3].map((attempt) => retryDelayMs(broken, { ...first, attempt }))).toEqual([25, 50, 100]);
  expect(retryDelayMs(broken, { ...first, random: 0 })).toBe(0);
  expect(retryDelayMs(broken, { ...first, leftMs: 25 })).toBeUndefined();
  expect(retryDelayMs(broken, { ...first, leftMs: 26 })).toBe(25);
});

test('a subgraph that asks for some time is given it, where there is so much', () => {
  const busy = failed('invalid', { status: 503, retryAfterMs: 500 });
  expect(retryDelayMs(busy, first)).toBe(500);
  expect(retryDelayMs(busy, { ...first, leftMs: 500 })).toBeUndefined();
});

test.each([
  ['unreachable', {}, true, true],
  ['broken', {}, true, false],
  ['invalid', { status: 200 }, true, false],
  ['invalid', { status: 502 }, true, false],
  ['invalid', { status: 429 }, true, false],
  ['invalid', { status: 404 }, false, false],
  ['late', {}, false, false],
  ['too_large', {}, false, false],
  ['unsendable', {}, false, false],
  ['breaker_open', {}, false, false],
  ['queue_full', {}, false, false],
] satisfies [Failed['kind'], Partial<Failed>, boolean, boolean][])(
  '%s %j: a query is repeated: %s, a mutation: %s',
  (kind, more, query, mutation) => {
    const isRepeated = (of: 'query' | 'mutation') =>
      retryDelayMs(failed(kind, more), { ...first, kind: of }) !== undefined;
    expect([isRepeated('query'), isRepeated('mutation')]).toEqual([query, mutation]);
  },
);

test('of many requests that fail, a fifth is repeated beside what was saved', () => {
  const budget = createRetryBudget({ share: 0.2, reserve: 5, initial: 0 });
  const repeated = (requests: number) =>
    Array.from({ length: requests }, () => {
      budget.earn();
      return budget.spend();
    }).filter(Boolean).length;
  expect(repeated(1_000)).toBeLessThanOrEqual(200);
  expect(repeated(1_000)).toBeGreaterThan(190);
  for (let request = 0; request < 1_000; request += 1) budget.earn();
  expect([1, 2, 3, 4, 5, 6].map(() => budget.spend())).toEqual([true, true, true, true, true, false]);
});
