import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { createGraphqlClient, type GraphqlClient } from '#shared/testing/graphql-client.ts';
import { eventually } from '#shared/testing/eventually.ts';
import { fatalFaults, startFaultProxy, type Fault, type FaultProxy } from '../queries/requests/test/fault-proxy.ts';
import { startWarehouse, type Warehouse } from './warehouse-graph.ts';

const proxies: Partial<Record<'sales' | 'shop', FaultProxy>> = {};
const way = (subgraph: 'sales' | 'shop') => async (url: string) => (proxies[subgraph] = await startFaultProxy(url)).url;
let warehouse: Warehouse;
let client: GraphqlClient;
beforeAll(async () => {
  warehouse = await startWarehouse(
    { SUBGRAPH_TIMEOUT_MS: '1000', SUBGRAPH_ANSWER_LIMIT_BYTES: '100000', SUBGRAPH_BREAKER_MS: '100' },
    { sales: way('sales'), shop: way('shop') },
  );
  client = createGraphqlClient(warehouse.url);
});
afterEach(async () => {
  for (const proxy of Object.values(proxies)) proxy.heal();
  await eventually(async () => expect((await client.request(document)).errors).toBeUndefined());
});
afterAll(async () => {
  await client.close();
  await warehouse.close();
  for (const proxy of Object.values(proxies)) await proxy.close();
});

const document = '{ latest item(sku: "A") { sku weight name } }';
const lost = { sku: 'A', weight: 7, name: null };
const overdue: Fault[] = ['a slow trickle', 'no answer', 'a body that is shorter than it says'];
const secrets = /shop|127\.0\.0\.1|<html|secret\.js|ECONN|socket|JSON/i;

test.each(fatalFaults)(
  '%s: a subgraph that fails so costs its own fields, and the others arrive in time',
  async (fault) => {
    proxies.shop!.inject(fault);
    const start = performance.now();
    const { status, data, errors } = await client.request(document);
    expect(performance.now() - start).toBeLessThan(4_000);
    expect([status, data?.item]).toEqual([200, lost]);
    expect(data).toHaveProperty('latest');
    expect(errors).toHaveLength(1);
    const code = overdue.includes(fault) ? 'DEADLINE_EXCEEDED' : 'SUBGRAPH_UNAVAILABLE';
    expect(errors![0]).toMatchObject({ path: expect.arrayContaining(['item']), extensions: { code } });
    expect(JSON.stringify(errors)).not.toMatch(secrets);
  },
);

test('a subgraph that is not there costs its own fields, and is asked again when it is back', async () => {
  await proxies.shop!.refuse();
  for (let asked = 0; asked < 10; asked += 1) {
    const { data, errors } = await client.request(document);
    expect([data?.item, errors?.[0]?.extensions?.code]).toEqual([lost, 'SUBGRAPH_UNAVAILABLE']);
  }
  expect(await warehouse.metric('gold_gateway_subgraph_breaker_state', 'subgraph="shop"')).toBe(2);
  await proxies.shop!.accept();
  await eventually(async () =>
    expect((await client.request(document)).data?.item).toEqual({ ...lost, name: 'item A' }),
  );
  expect(await warehouse.metric('gold_gateway_subgraph_breaker_state', 'subgraph="shop"')).toBe(0);
});

test('a fault that passes is not seen', async () => {
  proxies.shop!.inject('reset in the body', 1);
  const { data, errors } = await client.request(document);
  expect([data?.item, errors]).toEqual([{ ...lost, name: 'item A' }, undefined]);
});

test.each(fatalFaults)('%s: a mutation is done once, whatever becomes of its answer', async (fault) => {
  const before = proxies.sales!.counts().requests;
  proxies.sales!.inject(fault);
  const { errors } = await client.request('mutation { setLatest(value: 1) }');
  expect(errors).not.toHaveLength(0);
  expect(proxies.sales!.counts().requests).toBe(before + 1);
});
