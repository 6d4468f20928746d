import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { getIntrospectionQuery } from 'graphql';
import { createGraphqlClient } from '#shared/testing/graphql-client.ts';
import { eventually } from '#shared/testing/eventually.ts';
import { hashOf, writeManifest, type ManifestOperation } from '../security/trusted-documents/manifest.ts';
import { acceptSse, post } from './raw-stream.ts';
import { openRawSocket } from './raw-websocket.ts';
import { startWarehouse, type Warehouse, type WarehouseGateway } from './warehouse-graph.ts';

const operation = (type: ManifestOperation['type'], name: string, body: string): ManifestOperation => ({
  id: hashOf(body),
  type,
  name,
  body,
});
const item = operation('query', 'Item', 'query Item($sku: ID!) { item(sku: $sku) { name weight } }');
const sold = operation('subscription', 'Sold', 'subscription Sold { itemSold { sequence item { name } } }');
const setLatest = operation('mutation', 'SetLatest', 'mutation SetLatest($value: Int!) { setLatest(value: $value) }');
const inbox = operation('subscription', 'Inbox', 'subscription Inbox { myInbox { text } }');
const note = operation('query', 'Note', 'query Note($sku: ID!) { item(sku: $sku) { sku myNote } }');

let folder: string;
let file: string;
let warehouse: Warehouse;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gold-trusted-'));
  file = join(folder, 'trusted-documents.json');
  await publish(item, sold, setLatest, inbox, note);
  warehouse = await startWarehouse({
    TRUSTED_DOCUMENTS: 'enforce',
    TRUSTED_DOCUMENTS_FILE: file,
    SUPERGRAPH_POLL_MS: '20',
    EXPLORER: 'false',
  });
  warehouse.sell('A');
});
afterAll(async () => {
  await warehouse.close();
  await rm(folder, { recursive: true });
});

async function publish(...operations: ManifestOperation[]): Promise<void> {
  await writeFile(`${file}.new`, writeManifest(operations));
  await rename(`${file}.new`, file);
}

async function ask({ url }: Pick<WarehouseGateway, 'url'>, body: object) {
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
  const { data, errors } = (await response.json()) as { data?: object; errors?: { extensions: { code: string } }[] };
  return { status: response.status, data, code: errors?.[0]?.extensions.code };
}
const refused = { status: 403, data: undefined, code: 'DOCUMENT_NOT_TRUSTED' };

describe('where only trusted documents are served', () => {
  const variables = { sku: 'A' };
  const data = { item: { name: 'item A', weight: 7 } };

  test('they are, by text, by hash and in another layout', async () => {
    for (const body of [
      { query: item.body },
      { query: item.body.replaceAll(' ', '\n  ') },
      { documentId: `sha256:${item.id}` },
      { extensions: { persistedQuery: { version: 1, sha256Hash: item.id } } },
    ])
      expect(await ask(warehouse, { ...body, variables })).toEqual({ status: 200, data, code: undefined });
  });

  test('everything else is refused, over every transport', async () => {
    const query = 'query Item($sku: ID!) { item(sku: $sku) { sku } }';
    expect(await ask(warehouse, { query, variables })).toEqual(refused);
    const byGet = await fetch(`${warehouse.url}?${new URLSearchParams({ query: '{ latest }' })}`, {
      headers: { 'apollo-require-preflight': 'true' },
    });
    expect(byGet.status).toBe(403);
    const stream = await post(warehouse.url, acceptSse, { query: 'subscription { itemSold { sequence } }' });
    expect(await stream.whole()).toContain('DOCUMENT_NOT_TRUSTED');
    const socket = openRawSocket(warehouse.url);
    await socket.init();
    for (const text of ['subscription { itemSold { sequence } }', '{ latest }']) {
      socket.subscribe('1', text);
      expect(await socket.next()).toMatchObject({ type: 'error', payload: [{ extensions: { code: refused.code } }] });
    }
    socket.close();
  });

  test('subscriptions are served that are trusted, by WebSocket and as server-sent events', async () => {
    const socket = openRawSocket(warehouse.url);
    await socket.init();
    socket.subscribe('1', '', { documentId: `sha256:${sold.id}` });
    expect(await socket.next()).toMatchObject({ payload: { data: { itemSold: { item: { name: 'item A' } } } } });
    socket.close();
    const stream = await post(warehouse.url, acceptSse, { query: sold.body });
    await stream.until('item A');
    stream.close();
  });

  test('the schema is only told where that is allowed', async () => {
    const query = getIntrospectionQuery();
    expect(await ask(warehouse, { query })).toEqual(refused);
    const open = await warehouse.startGateway({ EXPLORER: 'true' });
    expect((await ask(open, { query })).status).toBe(200);
    expect(await ask(open, { query: '{ latest }' })).toEqual(refused);
    await open.stop();
  });

  test('a document is trusted from the next manifest on, and no longer than it is in one', async () => {
    const latest = operation('query', 'Latest', 'query Latest { latest }');
    expect(await ask(warehouse, { query: latest.body })).toEqual(refused);
    await publish(item, sold, setLatest, inbox, note, latest);
    await eventually(async () => expect((await ask(warehouse, { query: latest.body })).status).toBe(200));
    await publish(item, sold, setLatest, inbox, note);
    await eventually(async () => expect(await ask(warehouse, { query: latest.body })).toEqual(refused));
  });
});

test('where others are only counted, they are served', async () => {
  const gateway = await warehouse.startGateway({ TRUSTED_DOCUMENTS: 'log' });
  for (const query of ['{ latest }', '{ latest }', item.body]) await ask(gateway, { query, variables: { sku: 'A' } });
  expect((await ask(gateway, { query: '{ latest }' })).status).toBe(200);
  expect(await gateway.metric('gold_gateway_untrusted_operations_total')).toBe(3);
  expect(await gateway.metric('gold_gateway_trusted_operations_total')).toBe(1);
  await gateway.stop();
});

describe('trusted documents are served to REST clients', () => {
  const rest = (path: string, init?: RequestInit) => fetch(new URL(`/rest/${path}`, warehouse.url), init);
  const jsonBody = (body: object) => ({
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });

  test('queries by GET, mutations by POST', async () => {
    const response = await rest('Item?sku=A');
    expect([response.status, await response.json()]).toEqual([200, { item: { name: 'item A', weight: 7 } }]);
    const changed = await rest('SetLatest', jsonBody({ value: 4 }));
    expect([changed.status, await changed.json()]).toEqual([200, { setLatest: 4 }]);
  });

  test('with problems that have a status', async () => {
    const statuses = await Promise.all(
      [
        rest('Item'),
        rest('Item?sku=A&nope=1'),
        rest('Nothing'),
        rest('Sold'),
        rest('SetLatest', jsonBody({ value: 'x' })),
      ].map(async (response) => {
        const { status, headers } = await response;
        return [status, headers.get('content-type')];
      }),
    );
    const problem = 'application/problem+json; charset=utf-8';
    expect(statuses).toEqual([400, 400, 404, 404, 400].map((status) => [status, problem]));
  });

  test('with what they may see, and told what they may not', async () => {
    const anonymous = await rest('Note?sku=A');
    expect([anonymous.status, await anonymous.json()]).toMatchObject([
      200,
      { item: { sku: 'A', myNote: null }, $errors: [{ path: ['item', 'myNote'] }] },
    ]);
    const authorization = `Bearer ${warehouse.keys.sign({ sub: 'ann' })}`;
    const signedIn = await rest('Note?sku=A', { headers: { authorization } });
    expect(await signedIn.json()).toEqual({ item: { sku: 'A', myNote: 'ann on A' } });
    const wrong = await rest('Note?sku=A', { headers: { authorization: 'Bearer nonsense' } });
    expect(wrong.status).toBe(401);
  });

  test('as their description says', async () => {
    const { paths } = (await (await rest('openapi.json')).json()) as { paths: object };
    expect(Object.keys(paths)).toEqual(['/Item', '/Note', '/SetLatest']);
  });

  test('and to browsers of origins that may ask, as everything else is', async () => {
    const origin = 'http://localhost:3000';
    const response = await rest('Item?sku=A', { headers: { origin } });
    expect(response.headers.get('access-control-allow-origin')).toBe(origin);
    expect(response.headers.get('x-correlation-id')).toMatch(/./);
  });
});

test('a new schema that does not serve a trusted document is told of in the metrics', async () => {
  const client = createGraphqlClient(warehouse.url);
  expect(await warehouse.metric('gold_gateway_trusted_documents_invalid')).toBe(0);
  await warehouse.changeSchema(({ sales, shop }) => ({ sales, shop: shop.replace('myNote: String @personal', '') }));
  await eventually(async () => expect(await warehouse.metric('gold_gateway_trusted_documents_invalid')).toBe(1));
  expect((await ask(warehouse, { query: note.body, variables: { sku: 'A' } })).code).toBe('GRAPHQL_VALIDATION_FAILED');
  await warehouse.changeSchema((texts) => texts);
  await eventually(async () => expect(await warehouse.metric('gold_gateway_trusted_documents_invalid')).toBe(0));
  await client.close();
});
