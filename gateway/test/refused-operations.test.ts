import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createGraphqlClient, type GraphqlClient } from '#shared/testing/graphql-client.ts';
import { startWarehouse, type Warehouse } from './warehouse-graph.ts';

describe('an operation that the gateway refuses', () => {
  let warehouse: Warehouse;
  let client: GraphqlClient;
  beforeAll(async () => {
    warehouse = await startWarehouse();
    client = createGraphqlClient(warehouse.url);
    warehouse.sell('A');
  });
  afterAll(async () => {
    await client.close();
    await warehouse.close();
  });

  const refusalOf = async (document: string, variables?: Record<string, unknown>) => {
    const events = client.subscribe(document, variables);
    return events.next().then(
      () => {
        throw new Error('it was not refused');
      },
      (errors: { message: string; extensions: Record<string, unknown> }[]) => errors[0]!,
    );
  };

  test.each([
    ['with a syntax error', 'subscription {', 'GRAPHQL_PARSE_FAILED'],
    ['that asks for an unknown field', 'subscription { itemSold { nothing } }', 'GRAPHQL_VALIDATION_FAILED'],
    ['with two root fields', 'subscription { itemSold { note } clockTicked }', 'GRAPHQL_VALIDATION_FAILED'],
    ['without a variable that it needs', 'subscription ($sku: ID!) { itemSold(sku: $sku) { note } }', 'BAD_USER_INPUT'],
    [
      'with a condition on its root field',
      'subscription ($on: Boolean!) { itemSold @include(if: $on) { note } }',
      'OPERATION_NOT_SUPPORTED',
    ],
    ['that its subgraph refuses', 'subscription { itemSold(sku: "UNKNOWN") { note } }', 'NOT_FOUND'],
    [
      'that is not among several',
      'subscription One { clockTicked } subscription Two { clockTicked }',
      'OPERATION_RESOLUTION_FAILURE',
    ],
  ])('%s is answered alone with a code', async (_name, document, code) => {
    expect((await refusalOf(document, { on: true })).extensions).toMatchObject({ code });
  });

  test('keeps the details that a subgraph gives with its refusal', async () => {
    expect(await refusalOf('subscription { itemSold(after: "666") { note } }')).toEqual({
      message: 'Too old',
      path: ['itemSold'],
      extensions: { code: 'SEQUENCE_TOO_OLD', retryable: false, oldestSequence: '1' },
    });
  });

  test('leaves the other operations of its socket alone', async () => {
    const good = client.subscribe('subscription { itemSold { note } }');
    await good.next();
    await refusalOf('subscription { nothing }');
    warehouse.sell('B');
    expect((await good.next()).data).toEqual({ itemSold: { note: 'sold' } });
    await good.return();
  });

  test('is answered over HTTP with where to subscribe, when it is a subscription', async () => {
    const { status, errors } = await client.request('subscription { clockTicked }');
    expect(status).toBe(400);
    expect(errors).toEqual([
      {
        message: expect.stringMatching(/WebSocket.*text\/event-stream.*multipart\/mixed/),
        extensions: { code: 'BAD_REQUEST' },
      },
    ]);
  });
});

describe('queries and mutations', () => {
  let warehouse: Warehouse;
  let client: GraphqlClient;
  beforeAll(async () => {
    warehouse = await startWarehouse();
    client = createGraphqlClient(warehouse.url);
  });
  afterAll(async () => {
    await client.close();
    await warehouse.close();
  });

  test('are served over HTTP and over the socket alike', async () => {
    expect((await client.request('mutation { setLatest(value: 5) }')).data).toEqual({ setLatest: 5 });
    const answer = client.subscribe('query Latest { latest }');
    expect((await answer.next()).data).toEqual({ latest: 5 });
  });

  test.each([
    ['not JSON', '{', 400],
    ['no query', '{}', 400],
    ['a syntax error', JSON.stringify({ query: '{' }), 400],
    ['an unknown operation name', JSON.stringify({ query: 'query A { latest }', operationName: 'B' }), 400],
    ['more bytes than are allowed', JSON.stringify({ query: `{ latest } # ${'x'.repeat(300_000)}` }), 413],
  ])('with %s get a 4xx answer with a GraphQL body', async (_name, body, status) => {
    const response = await fetch(warehouse.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    });
    expect(response.status).toBe(status);
    const { errors } = (await response.json()) as { errors: { message: string; extensions: { code: string } }[] };
    expect(errors[0]!.extensions.code).toMatch(/^[A-Z_]+$/);
  });
});
