import { deepMerge } from '@apollo/gateway/dist/utilities/deepMerge.js';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { copied, merge, type Tree } from './merge.ts';

/** Few names, so that many are in both; some are inherited by every object. */
const names = fc.constantFrom('a', 'b', 'constructor', '__proto__', 'toString');
const { tree } = fc.letrec<{ tree: unknown; entries: [string, unknown][] }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom(null, 1, true, 'text'),
    fc.array(tie('tree'), { maxLength: 3 }),
    tie('entries').map((entries) => Object.fromEntries(entries)),
  ),
  entries: fc.array(fc.tuple(names, tie('tree')), { maxLength: 4 }),
}));
const trees = fc.array(fc.tuple(names, tree), { maxLength: 4 }).map((entries) => Object.fromEntries(entries) as Tree);

test('answers are put together as the executor of @apollo/gateway does it, whatever their fields are called', () => {
  fc.assert(
    fc.property(trees, trees, (target, source) => {
      const ours = said(target, (copy) => merge(copy, copied(source)));
      expect(ours).toBe(said(target, (copy) => deepMerge(copy, copied(source))));
    }),
    { numRuns: 1_000 },
  );
});

test('a copy is equal to what it was made from, and shares nothing with it', () => {
  fc.assert(
    fc.property(trees, (value) => {
      const copy = copied(value);
      expect(JSON.stringify(copy)).toBe(JSON.stringify(value));
      for (const key of Object.keys(value)) {
        if (typeof value[key] === 'object' && value[key] !== null) expect(copy[key]).not.toBe(value[key]);
      }
    }),
  );
});

function said(target: Tree, change: (copy: Tree) => void): string {
  const copy = copied(target);
  try {
    change(copy);
  } catch {
    return 'cannot be put together';
  }
  return JSON.stringify(copy);
}
