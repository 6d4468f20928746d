import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { startFaultProxy, type FaultProxy } from '../queries/requests/test/fault-proxy.ts';
import { sendRaw } from './raw-request.ts';
import { startWarehouse, type Warehouse } from './warehouse-graph.ts';

const requestTimeoutMs = 600;

let proxy: FaultProxy;
let warehouse: Warehouse;
beforeAll(async () => {
  warehouse = await startWarehouse(
    { REQUEST_TIMEOUT_MS: String(requestTimeoutMs) },
    { shop: async (url) => (proxy = await startFaultProxy(url)).url },
  );
});
afterEach(() => {
  proxy.heal();
  warehouse.shop.answerAfter();
});
afterAll(async () => {
  await warehouse?.close();
  await proxy?.close();
});

/** `latest` and `weight` are of one subgraph, `name` of the other. */
const query = '{ latest item(sku: "A") { sku weight name } }';

async function ask(headers: Record<string, string> = {}, text = query) {
  const answer = await sendRaw(warehouse.url, {
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ query: text }),
  });
  type Body = { data?: unknown; errors?: { path: unknown[]; extensions: { code: string } }[] };
  return { ...answer, ...(JSON.parse(answer.body) as Body) };
}

describe('a trace', () => {
  const traceId = '0af7651916cd43dd8448eb211c80319c';

  test('that a client has begun is the same at the subgraphs, the long way and the short', async () => {
    const text = `${query} # traced`;
    for (const [flags, parent] of [
      ['01', 'b7ad6b7169203331'],
      ['00', 'c7ad6b7169203331'],
    ]) {
      await ask({ traceparent: `00-${traceId}-${parent}-${flags}` }, text);
      expect(proxy.lastHeaders().traceparent).toMatch(new RegExp(`^00-${traceId}-[0-9a-f]{16}-${flags}$`));
      expect(proxy.lastHeaders().traceparent).not.toContain(parent);
    }
  });

  test('is begun for who has none, and for what is none', async () => {
    const seen = new Set<unknown>();
    for (const headers of [{}, {}, { traceparent: `00-${'0'.repeat(32)}-b7ad6b7169203331-01` }, { traceparent: 'x' }]) {
      await ask(headers as Record<string, string>);
      const { traceparent } = proxy.lastHeaders();
      expect(traceparent).toMatch(/^00-(?!0{32})[0-9a-f]{32}-[0-9a-f]{16}-00$/);
      seen.add(String(traceparent).slice(3, 35));
    }
    expect(seen.size).toBe(4);
  });
});

test('the id of a request is told to the client and to the subgraphs', async () => {
  const { headers } = await ask();
  expect(headers['x-correlation-id']).toMatch(/^[0-9a-f-]{36}$/);
  expect(proxy.lastHeaders()['x-correlation-id']).toBe(headers['x-correlation-id']);
  expect((await ask({ 'x-correlation-id': 'mine-1' })).headers['x-correlation-id']).toBe('mine-1');
  expect(proxy.lastHeaders()['x-correlation-id']).toBe('mine-1');
});

describe('the time that a request may take', () => {
  test('is told to the subgraphs, less what is over already', async () => {
    await ask();
    const timeoutMs = Number(proxy.lastHeaders()['x-timeout-ms']);
    expect(timeoutMs).toBeGreaterThan(0);
    expect(timeoutMs).toBeLessThan(requestTimeoutMs);
  });

  test('is not for the client to say', async () => {
    await ask({ 'x-timeout-ms': '999999' });
    expect(Number(proxy.lastHeaders()['x-timeout-ms'])).toBeLessThan(requestTimeoutMs);
  });

  test.each([
    ['a subgraph that never answers', () => proxy.inject('no answer')],
    ['an answer that trickles in', () => proxy.inject('a slow trickle')],
    ['a resolver that never ends', () => warehouse.shop.answerAfter(() => new Promise(() => undefined))],
  ])('is kept to: %s costs its fields, and the others arrive', async (_what, hold) => {
    hold();
    for (const text of [`${query} # ${_what}`, `${query} # ${_what}`]) {
      const start = performance.now();
      const { status, data, errors } = await ask({}, text);
      const tookMs = performance.now() - start;
      expect(tookMs).toBeGreaterThan(requestTimeoutMs / 2);
      expect(tookMs).toBeLessThan(requestTimeoutMs * 3);
      expect([status, data]).toEqual([200, { latest: 0, item: { sku: 'A', weight: 7, name: null } }]);
      expect(errors).toMatchObject([{ path: ['item'], extensions: { code: 'DEADLINE_EXCEEDED' } }]);
    }
  });

  test('is as long for the next one', async () => {
    expect(await ask()).toMatchObject({ data: { item: { name: 'item A' } } });
  });
});
