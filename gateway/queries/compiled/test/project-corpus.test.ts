import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { compareCorpus } from './compare-corpus.ts';
import { createImaginedGraph } from './two-executors.ts';

const supergraphSdl = readFileSync(new URL('../../../supergraph.graphql', import.meta.url), 'utf8');

test("compiled plans of the project's schema say what the executor of @apollo/gateway says, errors included", async () => {
  const { planned, compiled, withErrors } = await compareCorpus(createImaginedGraph(supergraphSdl), 1, 1_000);
  expect(compiled / planned).toBeGreaterThanOrEqual(0.95);
  expect(withErrors).toBeGreaterThan(100);
});
