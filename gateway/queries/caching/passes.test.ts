import { expect, test } from '@jest/globals';
import { createPasses } from './passes.ts';

test('what could not be kept passes by for five seconds', () => {
  let now = 0;
  const passes = createPasses(() => now);
  passes.add('a');
  expect([passes.has('a'), passes.has('b')]).toEqual([true, false]);
  now = 5_000;
  expect(passes.has('a')).toBe(false);
});

test('a key that a client has made long is not remembered', () => {
  const passes = createPasses();
  passes.add('x'.repeat(8_193));
  expect(passes.has('x'.repeat(8_193))).toBe(false);
});
