import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createGraphqlClient, type GraphqlClient } from '#shared/testing/graphql-client.ts';
import { acceptSse, post } from './raw-stream.ts';
import { startWarehouse, type Warehouse } from './warehouse-graph.ts';

const limits = {
  MAX_TOKENS: '100',
  MAX_DEPTH: '3',
  MAX_SELECTIONS: '100',
  MAX_ROOT_FIELDS: '2',
  MAX_ALIASES: '2',
  MAX_DIRECTIVES: '2',
  EXPLORER: 'false',
  SUGGESTIONS: 'false',
};

let warehouse: Warehouse;
let client: GraphqlClient;
beforeAll(async () => {
  warehouse = await startWarehouse(limits);
  client = createGraphqlClient(warehouse.url);
});
afterAll(async () => {
  await client.close();
  await warehouse.close();
});

type Refusal = { message: string; extensions: { code: string } };

/** What a client is told of an operation, by the way that it asks. */
const ways: Record<string, (document: string) => Promise<Refusal | undefined>> = {
  'by POST': async (document) => (await client.request(document)).errors?.[0] as Refusal | undefined,
  'by GET': async (query) => {
    const headers = { 'apollo-require-preflight': 'true' };
    const response = await fetch(`${warehouse.url}?${new URLSearchParams({ query }).toString()}`, { headers });
    expect(response.status).toBe(400);
    return ((await response.json()) as { errors?: Refusal[] }).errors?.[0];
  },
  'over a WebSocket': (document) =>
    client
      .subscribe(document)
      .next()
      .then(
        (result) => (result as { value?: { errors?: Refusal[] } }).value?.errors?.[0],
        (errors: Refusal[]) => errors[0],
      ),
  'for server-sent events': async (query) => {
    const stream = await post(warehouse.url, `${acceptSse}, application/json`, { query });
    const text = await stream.whole();
    return (JSON.parse(text.slice(text.indexOf('{'), text.lastIndexOf('}') + 1)) as { errors?: Refusal[] }).errors?.[0];
  },
};

describe.each(Object.keys(ways))('an operation %s', (way) => {
  test.each([
    ['tokens', 'TOO_MANY_TOKENS', (more: number) => `{ items(skus: [${'"A" '.repeat(88 + more)}]) { sku } }`],
    ['levels of fields', 'TOO_DEEP', (more: number) => `{ a ${'{ a '.repeat(2 + more)} ${'}'.repeat(2 + more)} }`],
    ['root fields', 'TOO_MANY_ROOT_FIELDS', (more: number) => `{ ${'a '.repeat(2 + more)} }`],
    ['aliases', 'TOO_MANY_ALIASES', (more: number) => `{ a { ${'b: a '.repeat(2 + more)} } }`],
    ['directives', 'TOO_MANY_DIRECTIVES', (more: number) => `{ a ${'@d '.repeat(2 + more)} }`],
  ])('may have as many %s as the setting says, and is refused with one more', async (_what, code, document) => {
    expect((await ways[way]!(document(0)))?.extensions.code).toBe('GRAPHQL_VALIDATION_FAILED');
    expect((await ways[way]!(document(1)))?.extensions.code).toBe(code);
  });

  test('may not ask for the schema, and is not told what it might have meant', async () => {
    expect((await ways[way]!('{ __schema { types { name } } }'))?.extensions.code).toBe('INTROSPECTION_DISABLED');
    const { message } = (await ways[way]!('subscription { itemSolt { note } }'))!;
    expect(message).toBe('Cannot query field "itemSolt" on type "Subscription".');
  });
});
