import { expect, test } from '@jest/globals';
import { createWriteBudget } from './write-budget.ts';

test('so many bytes may be written in a while, and not one more', () => {
  let now = 0;
  const mayWrite = createWriteBudget({ limitBytes: 100, windowMs: 1_000, now: () => now });
  expect([mayWrite(60), mayWrite(41), mayWrite(40), mayWrite(1)]).toEqual([true, false, true, false]);
  now = 1_000;
  expect(mayWrite(1)).toBe(false);
  now = 1_001;
  expect(mayWrite(100)).toBe(true);
});
