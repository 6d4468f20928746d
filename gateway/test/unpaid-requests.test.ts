import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startWarehouse, type Warehouse } from './warehouse-graph.ts';

let warehouse: Warehouse;
beforeAll(async () => {
  // Enough for ten requests that come to nothing.
  warehouse = await startWarehouse({ RATE_ANONYMOUS_COST_PER_SECOND: '1', RATE_BURST_SECONDS: '10' });
});
afterAll(() => warehouse.close());

async function send(body: unknown, headers: Record<string, string> = {}) {
  const response = await fetch(warehouse.url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
  const { errors } = (await response.json()) as { errors: { message: string; extensions: { code: string } }[] };
  return { status: response.status, code: errors[0]!.extensions.code, message: errors[0]!.message };
}

const unknownHash = { extensions: { persistedQuery: { version: 1, sha256Hash: 'a'.repeat(64) } } };

test('what comes to nothing is not free: unknown hashes, requests that cannot be read, bad tokens', async () => {
  expect(await send({ query: `${'{a'.repeat(40_000)}`, documentId: 5 })).toEqual({
    status: 400,
    code: 'BAD_REQUEST',
    message: expect.not.stringMatching(/stack/),
  });
  expect(await send({ query: '{ latest }' }, { authorization: 'Bearer nonsense' })).toMatchObject({ status: 401 });
  for (let sent = 0; sent < 8; sent += 1)
    expect(await send(unknownHash)).toMatchObject({ status: 200, code: 'PERSISTED_QUERY_NOT_FOUND' });
  const refused = { status: 429, code: 'RATE_LIMITED' };
  expect(await send(unknownHash)).toMatchObject(refused);
  expect(await send({ variables: 1 })).toMatchObject(refused);
  expect(await send({ query: '{ latest }' }, { authorization: 'Bearer nonsense' })).toMatchObject(refused);
});
