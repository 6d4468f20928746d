import { expect, test } from '@jest/globals';
import { compareCorpus } from './compare-corpus.ts';
import { imaginedSupergraph } from './imagined-supergraph.ts';
import { createImaginedGraph } from './two-executors.ts';

test('compiled plans of a schema with all of federation say what the executor of @apollo/gateway says', async () => {
  const graph = createImaginedGraph(imaginedSupergraph());
  const { planned, compiled, withErrors, withWrongValues } = await compareCorpus(graph, 1, 1_000);
  expect(compiled / planned).toBeGreaterThanOrEqual(0.95);
  expect(withErrors).toBeGreaterThan(400);
  expect(withWrongValues).toBeGreaterThan(100);
});
