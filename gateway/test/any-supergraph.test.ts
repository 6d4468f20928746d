import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { composeServices } from '@apollo/composition';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { eventually } from '#shared/testing/eventually.ts';
import { createGraphqlClient, type GraphqlClient } from '#shared/testing/graphql-client.ts';
import { spawnProcess, type SpawnedService } from '#shared/testing/spawned-service.ts';
import { startLibrary } from './library/subgraphs.ts';

let library: Awaited<ReturnType<typeof startLibrary>>;
let folder: string;
let gateway: SpawnedService;
let client: GraphqlClient;
beforeAll(async () => {
  library = await startLibrary();
  folder = await mkdtemp(join(tmpdir(), 'gold-library-'));
  const file = join(folder, 'library.graphql');
  const { supergraphSdl, errors } = composeServices(library.subgraphs);
  if (!supergraphSdl) throw new Error(String(errors));
  await writeFile(file, supergraphSdl);
  gateway = await spawnProcess('gateway/main.ts', { SUPERGRAPH_FILE: file, PORT: '0' });
  client = createGraphqlClient(`http://127.0.0.1:${gateway.port}/graphql`);
});
afterAll(async () => {
  await client.close();
  await gateway.kill();
  await library.close();
  await rm(folder, { recursive: true });
});

describe("other people's subgraphs are served from their supergraph and nothing else", () => {
  test('with queries over several of them', async () => {
    expect(await client.request('{ books { title reviews { stars } } }')).toMatchObject({
      status: 200,
      data: {
        books: [
          { title: 'Gold', reviews: [{ stars: 5 }] },
          { title: 'Silver', reviews: [] },
        ],
      },
    });
  });

  test('with subscriptions whose events are joined, and mutations that lead to them', async () => {
    const events = client.subscribe('subscription { reviewAdded { stars book { isbn title } } }');
    let event: unknown;
    void events.next().then(
      (heard) => (event = heard),
      (error: unknown) => (event = error),
    );
    // The subscription begins at some moment; what is reviewed before it is not heard of.
    await eventually(async () => {
      const { data } = await client.request('mutation { review(isbn: "2", stars: 3) { stars book { title } } }');
      expect(data).toEqual({ review: { stars: 3, book: { title: 'Silver' } } });
      expect(event).toEqual({ data: { reviewAdded: { stars: 3, book: { isbn: '2', title: 'Silver' } } } });
    });
    await events.return();
  });

  test('with refusals that tell nothing of the subgraphs', async () => {
    const { status, errors } = await client.request('{ books { nope } }');
    expect([status, errors![0]!.extensions]).toEqual([400, { code: 'GRAPHQL_VALIDATION_FAILED' }]);
  });
});
