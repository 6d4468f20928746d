import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { eventually } from '#shared/testing/eventually.ts';
import { createTestRedis, type TestRedis } from '#shared/testing/test-redis.ts';
import { startCatalogue, type Catalogue } from './catalogue-graph.ts';
import { sendRaw } from './raw-request.ts';
import { acceptSse, post } from './raw-stream.ts';
import { startWarehouse, type WarehouseGateway } from './warehouse-graph.ts';

/** 100 cost units at once, and one a second: nothing to speak of comes back while a test runs. */
const rates = { RATE_ANONYMOUS_COST_PER_SECOND: '1', RATE_USER_COST_PER_SECOND: '2', RATE_BURST_SECONDS: '100' };

let redis: TestRedis;
let catalogue: Catalogue;
const started: WarehouseGateway[] = [];
beforeAll(async () => {
  redis = createTestRedis();
  catalogue = await startCatalogue({ ...rates, RESPONSE_CACHE: 'false', MAX_COST: '90', TRUSTED_PROXIES: '1' });
});
afterEach(async () => {
  await Promise.all(started.splice(0).map((gateway) => gateway.stop()));
});
afterAll(async () => {
  await catalogue?.close();
  await redis?.close();
});

async function aGateway(more: Record<string, string> = {}): Promise<WarehouseGateway> {
  const gateway = await catalogue.startGateway(more);
  started.push(gateway);
  // What is new to a gateway costs more: somebody else pays for that.
  await ask(gateway, 1, { 'x-forwarded-for': '192.0.2.99' });
  return gateway;
}

type Answer = {
  data?: object | null;
  errors?: { message: string; extensions: Record<string, unknown> }[];
  extensions?: { cost?: { estimated: number; limit: number } };
};

/** Asks for a list of so many, each of which costs one. */
async function ask({ url }: { url: string }, first: number, headers: Record<string, string> = {}, query = list) {
  const answer = await sendRaw(url, {
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ query, variables: { first } }),
  });
  return { ...answer, ...(JSON.parse(answer.body) as Answer) };
}
const list = 'query ($first: Int!) { shelf(first: $first) { id } }';
const remainingOf = ({ headers }: Awaited<ReturnType<typeof ask>>) =>
  Number(/;r=(\d+)/.exec(String(headers.ratelimit))?.[1]);

describe('a client', () => {
  test('is told what an operation costs, and what is left of its budget', async () => {
    const gateway = await aGateway();
    const first = await ask(gateway, 20);
    expect([first.status, first.extensions]).toEqual([200, { cost: { estimated: 20, limit: 90 } }]);
    expect(first.headers).toMatchObject({
      'ratelimit-policy': '"anonymous";q=100;w=100;qu="cost"',
      ratelimit: '"anonymous";r=80;t=20',
    });
    expect(first.headers).not.toHaveProperty('retry-after');
    expect(remainingOf(await ask(gateway, 30))).toBe(50);
  });

  test('is refused with 429 when it asks for more, told when to come back, and served what is left', async () => {
    const gateway = await aGateway();
    for (const way of ['long', 'short']) {
      if (way === 'long') await ask(gateway, 60);
      const { status, headers, data, errors } = await ask(gateway, 60);
      expect([status, data]).toEqual([429, undefined]);
      const { extensions, message } = errors![0]!;
      expect(extensions).toMatchObject({ code: 'RATE_LIMITED', retryable: true });
      const waitMs = Number(extensions.retryAfterMs);
      expect(waitMs).toBeGreaterThan(15_000);
      expect(waitMs).toBeLessThanOrEqual(20_000);
      expect(message).toContain(String(waitMs));
      expect(headers).toMatchObject({
        'retry-after': String(Math.ceil(waitMs / 1_000)),
        'cache-control': 'no-store',
        ratelimit: expect.stringMatching(/^"anonymous";r=4\d;t=\d+$/),
      });
    }
    expect((await ask(gateway, 35)).status).toBe(200);
  });

  test('asks neither subgraph for what was refused', async () => {
    const gateway = await aGateway();
    await ask(gateway, 90);
    catalogue.asked.splice(0);
    const books = 'query ($first: Int!) { shelf(first: $first) { title left } }';
    expect((await ask(gateway, 50, {}, books)).status).toBe(429);
    expect(catalogue.asked).toEqual([]);
  });

  test('pays for what is refused, too', async () => {
    const gateway = await aGateway();
    for (const [query, code] of [
      ['{ nothing }', 'GRAPHQL_VALIDATION_FAILED'],
      ['{', 'GRAPHQL_PARSE_FAILED'],
      ['query ($first: Int!) { shelf(first: $first) { id } told }', 'COST_LIMIT_EXCEEDED'],
    ] as const) {
      const { status, errors, headers } = await ask(gateway, 91, {}, query);
      expect([status, errors![0]!.extensions.code]).toEqual([400, code]);
      expect(headers).toHaveProperty('ratelimit');
    }
    expect(remainingOf(await ask(gateway, 1))).toBe(96);
    await Promise.all(Array.from({ length: 110 }, () => ask(gateway, 1, {}, '{ nothing }')));
    const { status, errors } = await ask(gateway, 1, {}, '{ nothing }');
    expect([status, errors![0]!.extensions.code]).toEqual([429, 'RATE_LIMITED']);
  });

  test('pays for reading an operation that nobody has asked for yet', async () => {
    const gateway = await aGateway();
    const query = `{ told } # ${'a long text '.repeat(40)}`;
    const left = [];
    for (let time = 0; time < 3; time += 1) left.push(remainingOf(await ask(gateway, 1, {}, query)));
    const [first, second, third] = left as [number, number, number];
    expect(100 - first).toBeGreaterThan(10);
    expect([first - second, second - third]).toEqual([1, 1]);
  });

  test('is refused by GET and for a mutation in the same way', async () => {
    const gateway = await aGateway();
    await ask(gateway, 90);
    await ask(gateway, 10);
    const target = `/graphql?${new URLSearchParams({ query: '{ told }' }).toString()}`;
    const byGet = { method: 'GET', target, headers: { 'apollo-require-preflight': 'true' } };
    expect((await sendRaw(gateway.url, byGet)).status).toBe(429);
    expect((await ask(gateway, 1, {}, 'mutation { refuse }')).status).toBe(429);
  });

  test('has a budget of its own: an address, or a user wherever it asks from', async () => {
    const gateway = await aGateway();
    const from = (address: string) => ({ 'x-forwarded-for': address });
    const as = (sub: string, address: string) => ({
      authorization: `Bearer ${catalogue.keys.sign({ sub, sid: sub })}`,
      ...from(address),
    });
    await ask(gateway, 90, from('192.0.2.1'));
    expect((await ask(gateway, 60, from('192.0.2.1'))).status).toBe(429);
    expect((await ask(gateway, 60, from('192.0.2.2'))).status).toBe(200);
    for (const address of ['192.0.2.1', '192.0.2.3'])
      expect((await ask(gateway, 90, as('ada', address))).status).toBe(200);
    const { status, headers } = await ask(gateway, 60, as('ada', '192.0.2.4'));
    expect([status, headers['ratelimit-policy']]).toEqual([429, '"user";q=200;w=100;qu="cost"']);
    expect((await ask(gateway, 60, as('boris', '192.0.2.4'))).status).toBe(200);
  });

  test('has none where the setting is 0', async () => {
    const gateway = await aGateway({ RATE_ANONYMOUS_COST_PER_SECOND: '0' });
    for (let time = 0; time < 5; time += 1) {
      const { status, headers } = await ask(gateway, 90);
      expect([status, headers.ratelimit, headers['ratelimit-policy']]).toEqual([200, undefined, undefined]);
    }
  });

  test('gets back what it has used, at the rate of the setting', async () => {
    const gateway = await aGateway({ RATE_ANONYMOUS_COST_PER_SECOND: '50', RATE_BURST_SECONDS: '1' });
    await ask(gateway, 50);
    const { status, headers } = await ask(gateway, 40);
    expect([status, headers['retry-after']]).toEqual([429, '1']);
    await eventually(async () => expect((await ask(gateway, 40)).status).toBe(200));
  });
});

test('an operation that costs as much as the setting says is answered, and one more is refused', async () => {
  const gateway = await aGateway({ RATE_ANONYMOUS_COST_PER_SECOND: '0' });
  for (let time = 0; time < 2; time += 1) {
    expect((await ask(gateway, 90)).extensions).toEqual({ cost: { estimated: 90, limit: 90 } });
    const { status, errors } = await ask(gateway, 91);
    expect([status, errors![0]!.extensions]).toMatchObject([400, { code: 'COST_LIMIT_EXCEEDED', cost: 91, limit: 90 }]);
  }
});

describe('two gateways with one Redis', () => {
  const shared = () => ({ REDIS_URL: redis.url, REDIS_PREFIX: redis.prefix });

  test('refuse together', async () => {
    await redis.flush();
    const [one, other] = [await aGateway(shared()), await aGateway(shared())];
    // It hears of what the other one has given out when it asks itself.
    await ask(other, 1);
    await ask(one, 90);
    await eventually(async () => expect(remainingOf(await ask(other, 1))).toBeLessThan(10));
    expect((await ask(other, 60)).status).toBe(429);
    expect((await ask(one, 60)).status).toBe(429);
  });

  test('know nothing of each other without it', async () => {
    const [one, other] = [await aGateway(), await aGateway()];
    await ask(one, 90);
    expect((await ask(one, 60)).status).toBe(429);
    expect((await ask(other, 60)).status).toBe(200);
  });
});

test('who asks for streams is told what is left as well, when they begin and when they are refused', async () => {
  const warehouse = await startWarehouse({ ...rates, RATE_BURST_SECONDS: '20' });
  warehouse.sell('A');
  const ask = (query: string, accept = acceptSse) => post(warehouse.url, accept, { query });
  const budgetIn = ({ headers }: { headers: Headers }) => headers.get('ratelimit')?.replace(/;t=.*/, '');
  const stream = await ask('subscription { itemSold { note } }');
  await stream.until('sold');
  expect([stream.status, stream.headers.get('ratelimit-policy')]).toEqual([200, '"anonymous";q=20;w=20;qu="cost"']);
  const atFirst = Number(/r=(\d+)/.exec(budgetIn(stream)!)?.[1]);
  expect(atFirst).toBeLessThan(20);
  const query = await ask('{ __typename }');
  expect([query.status, budgetIn(query)]).toEqual([200, expect.stringMatching(/^"anonymous";r=\d+$/)]);
  let refused = query;
  while (refused.status === 200) {
    refused.close();
    refused = await ask('subscription { itemSold { note } }', `${acceptSse}, application/json`);
  }
  expect([refused.status, budgetIn(refused)]).toEqual([429, expect.stringMatching(/^"anonymous";r=\d+$/)]);
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
  expect(await refused.whole()).toContain('RATE_LIMITED');
  stream.close();
  await warehouse.close();
});
