import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { eventually } from '#shared/testing/eventually.ts';
import { createFreshness } from '../../caching/freshness.ts';
import { startStock, type Stock } from './stock-subgraph.ts';

let stock: Stock;
beforeEach(async () => {
  stock = await startStock();
});
afterEach(() => stock.close());

const inStock = { data: { stock: 7 } };
const codeOf = ({ errors }: { errors?: readonly { extensions?: { code?: unknown } }[] | undefined }) =>
  errors?.[0]?.extensions?.code;

test('only a personal operation tells the subgraph who asks', async () => {
  const tick = { symbol: 'XAU-USD', sequence: 4711 };
  await stock.query('{ stock }', { tick, deadline: performance.now() + 3_000, traceparent: '00-1-2-01' });
  const headers = stock.proxy.lastHeaders();
  expect(headers).toMatchObject({
    'content-type': 'application/json',
    'x-gateway-secret': 'open sesame',
    'x-correlation-id': 'test',
    'x-tick': 'XAU-USD@4711',
    traceparent: '00-1-2-01',
  });
  expect(headers).not.toHaveProperty('authorization');
  expect(headers).not.toHaveProperty('user-agent');
  expect(headers).not.toHaveProperty('accept-encoding');
  expect(Number(headers['x-timeout-ms'])).toBeGreaterThan(1_000);
  expect(Number(headers['x-timeout-ms'])).toBeLessThanOrEqual(3_000);
  await stock.query('{ stock }', {}, true);
  expect(stock.proxy.lastHeaders()).toMatchObject({ authorization: 'Bearer whatever', 'user-agent': 'a browser' });
  expect(Number(stock.proxy.lastHeaders()['x-timeout-ms'])).toBeGreaterThan(3_000);
});

test('the same public query is sent once while it is under way, and everyone has an answer of their own', async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  stock.answerAfter(() => promise);
  const answers = Array.from({ length: 5 }, () => stock.query());
  await eventually(() => expect(stock.asked).toHaveLength(1));
  const other = stock.query('{ stock(of: 2) }');
  const ofTick = stock.query('{ stock }', { tick: { symbol: 'XAU-USD', sequence: 1 } });
  resolve();
  const [first, ...others] = await Promise.all(answers);
  expect(first).toEqual(inStock);
  first!.data!.stock = 'changed';
  for (const answer of others) expect(answer).toEqual(inStock);
  expect([await other, await ofTick]).toEqual([inStock, inStock]);
  expect(stock.asked.map(({ sequence }) => sequence)).toEqual([undefined, undefined, 1]);
  expect(await stock.metric('gold_gateway_subgraph_requests_shared_total')).toBe(4);
  await stock.query();
  expect(stock.asked).toHaveLength(4);
});

test('personal queries and mutations are not shared, and nothing is where sharing is off', async () => {
  await Promise.all([1, 2, 3].map(() => stock.query('{ stock }', {}, true)));
  expect(stock.asked).toHaveLength(3);
  await Promise.all([1, 2, 3].map(() => stock.mutate()));
  expect(stock.taken()).toBe(3);
  await stock.close();
  stock = await startStock({ sharing: false });
  await Promise.all([1, 2, 3].map(() => stock.query()));
  expect(stock.asked).toHaveLength(3);
});

test('who shares a request is not failed by the deadline of another, and stops at its own', async () => {
  await stock.query('{ __typename }');
  const { promise, resolve } = Promise.withResolvers<void>();
  stock.answerAfter(() => promise);
  const first = stock.query('{ stock }', { deadline: performance.now() + 500 });
  await eventually(() => expect(stock.asked).toHaveLength(1));
  const patient = stock.query();
  const hurried = stock.query('{ stock }', { deadline: performance.now() + 50 });
  expect(codeOf(await hurried)).toBe('DEADLINE_EXCEEDED');
  expect(codeOf(await first)).toBe('DEADLINE_EXCEEDED');
  resolve();
  expect(await patient).toEqual(inStock);
});

test('a subgraph that fails again and again is not asked for a while, then one request tries it', async () => {
  await stock.proxy.refuse();
  for (let failed = 0; failed < 3; failed += 1) expect(codeOf(await stock.query())).toBe('SUBGRAPH_UNAVAILABLE');
  expect(await stock.metric('gold_gateway_subgraph_breaker_state')).toBe(2);
  await stock.proxy.accept();
  const { requests } = stock.proxy.counts();
  expect(await stock.query()).toMatchObject({
    data: null,
    errors: [{ extensions: { code: 'SUBGRAPH_UNAVAILABLE', retryable: true } }],
  });
  expect(stock.proxy.counts().requests).toBe(requests);
  expect(await stock.metric('gold_gateway_subgraph_requests_total', 'outcome="breaker_open"')).toBeGreaterThan(0);
  await eventually(async () => expect(await stock.query()).toEqual(inStock));
  expect(await stock.metric('gold_gateway_subgraph_breaker_state')).toBe(0);
});

test('while a subgraph that hangs is tried again, the others are refused at once', async () => {
  await stock.close();
  stock = await startStock({ timeoutMs: 1_500 });
  stock.proxy.inject('no answer');
  await Promise.all(Array.from({ length: 5 }, (_, each) => stock.query(`{ stock(of: ${each}) }`)));
  await eventually(async () => {
    const { requests } = stock.proxy.counts();
    void stock.query('{ trial: stock }');
    await eventually(() => expect(stock.proxy.counts().requests).toBe(requests + 1), 100);
  });
  const start = performance.now();
  expect(codeOf(await stock.query())).toBe('SUBGRAPH_UNAVAILABLE');
  expect(performance.now() - start).toBeLessThan(300);
});

test('errors of GraphQL and answers that are too large never close the way to a subgraph', async () => {
  for (let asked = 0; asked < 10; asked += 1) await stock.query('{ refused }');
  stock.proxy.inject('an endless body');
  for (let asked = 0; asked < 10; asked += 1) await stock.query();
  stock.proxy.inject('not found');
  for (let asked = 0; asked < 10; asked += 1) await stock.query();
  expect(await stock.metric('gold_gateway_subgraph_breaker_state')).toBe(0);
});

test('so many requests run at a time, so many wait, and who is one too many is told at once', async () => {
  await stock.close();
  stock = await startStock({ connections: 2, queue: 2 });
  const { promise, resolve } = Promise.withResolvers<void>();
  stock.answerAfter(() => promise);
  const answers = [1, 2, 3, 4].map((each) => stock.query(`{ stock(of: ${each}) }`));
  await eventually(() => expect(stock.asked).toHaveLength(2));
  expect(await stock.metric('gold_gateway_subgraph_requests_in_flight')).toBe(2);
  expect(codeOf(await stock.query('{ stock(of: 5) }'))).toBe('SUBGRAPH_UNAVAILABLE');
  expect(await stock.metric('gold_gateway_subgraph_requests_total', 'outcome="queue_full"')).toBe(1);
  resolve();
  expect(await Promise.all(answers)).toEqual([inStock, inStock, inStock, inStock]);
});

test('who waits for its turn waits until the deadline and is not sent behind it', async () => {
  await stock.close();
  stock = await startStock({ connections: 1 });
  const { promise, resolve } = Promise.withResolvers<void>();
  stock.answerAfter(() => promise);
  const first = stock.query('{ stock(of: 1) }');
  const second = stock.query('{ stock(of: 2) }', { deadline: performance.now() + 30 });
  expect(codeOf(await second)).toBe('DEADLINE_EXCEEDED');
  resolve();
  expect(await first).toEqual(inStock);
  expect(await stock.query('{ stock(of: 3) }')).toEqual(inStock);
  expect(stock.asked).toHaveLength(2);
});

test('how long an answer may be kept is what its headers say, and not at all with errors or without them', async () => {
  const freshnessOf = async (text: string, isPersonal = false) => {
    const freshness = createFreshness();
    await stock.query(text, { freshness }, isPersonal);
    return [freshness.maxAge, freshness.isPrivate];
  };
  expect(await freshnessOf('{ __typename }')).toEqual([0, false]);
  stock.proxy.inject('answered with a head for caches');
  expect(await freshnessOf('{ stock }')).toEqual([20, false]);
  expect(await freshnessOf('{ stock }', true)).toEqual([20, true]);
  expect(await freshnessOf('{ refused }')).toEqual([0, false]);
  await stock.proxy.refuse();
  expect(await freshnessOf('{ stock }')).toEqual([0, false]);
});

test('the connections to a subgraph that is not named any more are closed when its answers have come', async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  stock.answerAfter(() => promise);
  const answer = stock.query();
  await eventually(() => expect(stock.asked).toHaveLength(1));
  stock.requests.retain([]);
  expect(stock.proxy.open()).toBe(1);
  resolve();
  expect(await answer).toEqual(inStock);
  await eventually(() => expect(stock.proxy.open()).toBe(0));
  expect(await stock.metric('gold_gateway_subgraph_breaker_state')).toBe(0);
  // An operation that began with the supergraph before still has its answer.
  expect(await stock.query()).toEqual(inStock);
});

test('a connection on which an answer was late is cut, and others that are there serve who asks then', async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  stock.answerAfter(() => promise);
  const answers = [1, 2, 3, 4, 5, 6].map((of) => stock.query(`{ stock(of: ${of}) }`));
  await eventually(() => expect(stock.asked).toHaveLength(6));
  resolve();
  await Promise.all(answers);
  for (let round = 1; round <= 4; round += 1) {
    stock.proxy.inject('no answer', 1);
    expect(codeOf(await stock.query('{ stock }', { deadline: performance.now() + 50 }))).toBe('DEADLINE_EXCEEDED');
    await eventually(() => expect(stock.proxy.open()).toBe(6 - round));
    expect(await stock.query()).toEqual(inStock);
  }
  expect(stock.proxy.counts().connections).toBe(6);
});

test('a subgraph keeps its way for as long as its address stays', async () => {
  const definition = { name: 'stock', url: stock.proxy.url };
  const known = stock.requests.of(definition);
  stock.requests.retain([definition]);
  expect(stock.requests.of(definition)).toBe(known);
  expect(stock.requests.of({ name: 'stock', url: 'http://127.0.0.1:1/graphql' })).not.toBe(known);
  expect(() => stock.requests.of({ name: 'other' })).toThrow('The supergraph has no address for the subgraph other');
  for (const url of ['inventory:4002/graphql', 'ftp://inventory/graphql'])
    expect(() => stock.requests.of({ name: 'other', url })).toThrow('begins with http:// or https://');
});

test('a header that HTTP does not allow is left out', async () => {
  for (let asked = 0; asked < 20; asked += 1)
    expect(await stock.query('{ stock }', { userAgent: 'a\r\nx: b', authorization: '\u2028' }, true)).toEqual(inStock);
  expect(stock.proxy.lastHeaders()).not.toHaveProperty('user-agent');
  expect(stock.proxy.lastHeaders()).not.toHaveProperty('authorization');
});
