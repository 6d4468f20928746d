import { ApolloClient, gql, HttpLink, InMemoryCache } from '@apollo/client';
import { PersistedQueryLink } from '@apollo/client/link/persisted-queries';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { eventually } from '#shared/testing/eventually.ts';
import { createTestRedis, type TestRedis } from '#shared/testing/test-redis.ts';
import { hashOf } from '../security/trusted-documents/manifest.ts';
import { acceptSse, post } from './raw-stream.ts';
import { openRawSocket } from './raw-websocket.ts';
import { startWarehouse, type Warehouse, type WarehouseGateway } from './warehouse-graph.ts';

let redis: TestRedis;
let warehouse: Warehouse;
let other: WarehouseGateway;
beforeAll(async () => {
  redis = createTestRedis();
  warehouse = await startWarehouse({ REDIS_URL: redis.url, REDIS_PREFIX: redis.prefix });
  other = await warehouse.startGateway();
});
afterAll(async () => {
  await warehouse.close();
  await redis.close();
});

const named = (text: string) => ({ persistedQuery: { version: 1, sha256Hash: hashOf(text) } });

async function ask(url: string, body: object) {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  const { data, errors } = (await response.json()) as { data?: object; errors?: { extensions: { code: string } }[] };
  return { status: response.status, data, code: errors?.[0]?.extensions.code };
}

/** Apollo Client as its documentation sets it up; `requests` are what it sends. */
function apolloClient(url: string) {
  const requests: { method: string; hasText: boolean }[] = [];
  const http = new HttpLink({
    uri: url,
    fetch: (input, init) => {
      const body = typeof init?.body === 'string' ? init.body : decodeURIComponent(String(input));
      requests.push({ method: init?.method ?? 'GET', hasText: /\bquery\b\W*query \w+/.test(body) });
      return fetch(input, init);
    },
  });
  const link = new PersistedQueryLink({ sha256: hashOf, useGETForHashedQueries: true }).concat(http);
  return { client: new ApolloClient({ cache: new InMemoryCache(), link }), requests };
}

describe('Apollo Client', () => {
  const query = gql`
    query Named($sku: ID!) {
      item(sku: $sku) {
        name
      }
    }
  `;
  const asked = (client: ApolloClient, sku: string) =>
    client.query({ query, variables: { sku }, fetchPolicy: 'no-cache' });

  test('sends a query once, and its hash from then on, to any gateway', async () => {
    const { client, requests } = apolloClient(warehouse.url);
    for (const sku of ['A', 'B'])
      expect((await asked(client, sku)).data).toMatchObject({ item: { name: `item ${sku}` } });
    expect(requests).toEqual([
      { method: 'GET', hasText: false },
      { method: 'POST', hasText: true },
      { method: 'GET', hasText: false },
    ]);

    const elsewhere = apolloClient(other.url);
    expect((await asked(elsewhere.client, 'C')).data).toMatchObject({ item: { name: 'item C' } });
    expect(elsewhere.requests).toEqual([{ method: 'GET', hasText: false }]);
  });

  test('sends its queries as they are where a gateway keeps none', async () => {
    const without = await warehouse.startGateway({ PERSISTED_QUERIES: 'false' });
    const { client, requests } = apolloClient(without.url);
    for (const sku of ['A', 'B']) await asked(client, sku);
    expect(requests.map(({ hasText }) => hasText)).toEqual([false, true, true]);
    await without.stop();
  });
});

describe('a hash', () => {
  test('that is not of the query is refused', async () => {
    const { url } = warehouse;
    expect(await ask(url, { query: '{ latest }', extensions: named('{ other }') })).toMatchObject({
      status: 400,
      code: 'BAD_REQUEST',
    });
  });

  test('of a query that is not valid is not kept', async () => {
    const query = '{ nothing }';
    expect((await ask(warehouse.url, { query, extensions: named(query) })).status).toBe(400);
    expect(await ask(warehouse.url, { extensions: named(query) })).toEqual({
      status: 200,
      data: undefined,
      code: 'PERSISTED_QUERY_NOT_FOUND',
    });
  });

  test('may be sent as the specification has it, too', async () => {
    const query = '{ latest __typename }';
    const documentId = `sha256:${hashOf(query)}`;
    expect(await ask(warehouse.url, { documentId })).toMatchObject({ status: 400, code: 'DOCUMENT_NOT_FOUND' });
    await ask(warehouse.url, { query, documentId });
    expect((await ask(warehouse.url, { documentId })).data).toEqual({ latest: 0, __typename: 'Query' });
    const byGet = await fetch(`${warehouse.url}?${new URLSearchParams({ documentId })}`, {
      headers: { 'apollo-require-preflight': 'true' },
    });
    expect(await byGet.json()).toMatchObject({ data: { latest: 0 } });
  });

  test('is forgotten with Redis, and told anew', async () => {
    const query = '{ latest again: latest }';
    const asHash = () => ask(other.url, { extensions: named(query) });
    await ask(warehouse.url, { query, extensions: named(query) });
    await redis.flush();
    expect((await asHash()).code).toBe('PERSISTED_QUERY_NOT_FOUND');
    await ask(warehouse.url, { query, extensions: named(query) });
    await eventually(async () => expect((await asHash()).data).toEqual({ latest: 0, again: 0 }));
  });
});

describe('subscriptions are named by their hash', () => {
  const query = 'subscription { itemSold(sku: "A") { sequence } }';

  test('over WebSocket, where the text is empty then', async () => {
    warehouse.sell('A');
    const socket = openRawSocket(warehouse.url);
    await socket.init();
    socket.subscribe('1', '', { extensions: named(query) });
    expect(await socket.next()).toMatchObject({
      id: '1',
      type: 'error',
      payload: [{ message: 'PersistedQueryNotFound', extensions: { code: 'PERSISTED_QUERY_NOT_FOUND' } }],
    });
    for (const [id, text] of [
      ['2', query],
      ['3', ''],
    ] as const) {
      socket.subscribe(id, text, { extensions: named(query) });
      expect(await socket.next()).toMatchObject({ id, type: 'next' });
    }
    socket.close();
  });

  test('as server-sent events', async () => {
    const stream = await post(warehouse.url, acceptSse, { extensions: named(query) });
    await stream.until('event: next');
    stream.close();
  });
});
