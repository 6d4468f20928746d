import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { eventually } from '#shared/testing/eventually.ts';
import type { Fault } from './fault-proxy.ts';
import { startStock, type Stock } from './stock-subgraph.ts';

let stock: Stock;
beforeEach(async () => {
  stock = await startStock();
});
afterEach(() => stock.close());

const unavailable = failure('SUBGRAPH_UNAVAILABLE', 'Part of the data is not available at the moment');
const late = failure('DEADLINE_EXCEEDED', 'Part of the data was not available in time');

function failure(code: string, message: string, retryable = true) {
  return { data: null, errors: [{ message, path: [], extensions: { code, retryable } }] };
}

const passing: Fault[] = [
  'reset before the head',
  'reset in the head',
  'reset in the body',
  'closed in the body',
  'chunks that end too early',
  'garbage bytes',
  'an HTML error page',
  'an HTML page with status 200',
  'bad gateway',
  'unavailable for a moment',
  'broken JSON',
  'JSON that is not GraphQL',
  'a list',
  'errors that are no list',
  'an empty body',
  'a body that is longer than it says',
];

test.each(passing)('%s: a query is asked once more, and then given up with a code', async (fault) => {
  stock.proxy.inject(fault, 1);
  expect(await stock.query()).toEqual({ data: { stock: 7 } });
  expect(stock.proxy.counts().requests).toBe(2);
  stock.proxy.inject(fault);
  expect(await stock.query()).toEqual(unavailable);
  expect(stock.proxy.counts().requests).toBe(4);
  stock.proxy.heal();
  expect(await stock.query()).toEqual({ data: { stock: 7 } });
});

test.each(passing)('%s: a mutation that was sent is never sent again', async (fault) => {
  stock.proxy.inject(fault);
  expect(await stock.mutate()).toEqual(unavailable);
  expect(stock.taken()).toBe(1);
});

const slow: Fault[] = ['a slow trickle', 'no answer', 'a body that is shorter than it says'];

test.each(slow)(
  '%s: who has asked waits until the deadline and no longer, and the request is aborted',
  async (fault) => {
    await stock.close();
    stock = await startStock({ timeoutMs: 500 });
    stock.proxy.inject(fault);
    const start = performance.now();
    expect(await stock.query()).toEqual(late);
    expect(await stock.query('{ stock }', { deadline: performance.now() + 200 })).toEqual(late);
    expect(await stock.mutate({ deadline: performance.now() + 200 })).toEqual(late);
    expect(performance.now() - start).toBeLessThan(5_000);
    await eventually(() => expect(stock.proxy.spoilt()).toBe(0));
    expect(stock.taken()).toBeLessThan(2);
  },
);

test('a slow first byte is waited for while there is time', async () => {
  stock.proxy.inject('a slow first byte');
  expect(await stock.query()).toEqual({ data: { stock: 7 } });
  expect(await stock.query('{ stock }', { deadline: performance.now() + 50 })).toEqual(late);
});

test('a request without time is not sent', async () => {
  expect(await stock.query('{ stock }', { deadline: performance.now() - 1 })).toEqual(late);
  expect(stock.proxy.counts().requests).toBe(0);
});

test('an endless answer is cut when it is too large, and not asked for again', async () => {
  stock.proxy.inject('an endless body');
  expect(await stock.query()).toEqual(
    failure('SUBGRAPH_UNAVAILABLE', 'Part of the data is not available at the moment', false),
  );
  expect(stock.proxy.counts().requests).toBe(1);
  await eventually(() => expect(stock.proxy.spoilt()).toBe(0));
});

test('an answer may be as large as it may, and not a byte larger', async () => {
  await stock.close();
  stock = await startStock({ answerLimitBytes: '{"data":{"stock":7}}\n'.length });
  expect(await stock.query()).toEqual({ data: { stock: 7 } });
  expect(await stock.query('{ stocks: stock }')).toMatchObject({ errors: [{ extensions: { retryable: false } }] });
});

test('a subgraph that is not there costs its fields; a mutation is sent when it is back, since nothing was before', async () => {
  await stock.proxy.refuse();
  expect(await stock.query()).toEqual(unavailable);
  expect(await stock.metric('gold_gateway_subgraph_requests_total', 'outcome="unreachable"')).toBe(2);
  expect(await stock.mutate()).toEqual(unavailable);
  expect(await stock.metric('gold_gateway_subgraph_retries_total')).toBe(2);
  await stock.proxy.accept();
  expect(await stock.mutate()).toEqual({ data: { take: 1 } });
});

test('a request that is wrong, and one that has to wait for long, is not repeated', async () => {
  for (const fault of ['not found', 'unavailable for an hour'] satisfies Fault[]) {
    const { requests } = stock.proxy.counts();
    stock.proxy.inject(fault);
    expect(await stock.query()).toEqual(unavailable);
    expect(stock.proxy.counts().requests).toBe(requests + 1);
  }
});

test('errors of GraphQL are the answer, whatever the status is', async () => {
  stock.proxy.inject('errors of GraphQL with status 503');
  expect(await stock.query()).toEqual({ data: undefined, errors: [{ message: 'Later, please' }] });
  stock.proxy.heal();
  expect(await stock.query('{ refused }')).toMatchObject({
    data: { refused: null },
    errors: [{ path: ['refused'], extensions: { code: 'INTERNAL_SERVER_ERROR' } }],
  });
  expect(await stock.metric('gold_gateway_subgraph_requests_total', 'outcome="answered"')).toBe(2);
});

test('errors that are none of GraphQL are told as such, without traces', async () => {
  stock.proxy.inject('errors that are not GraphQL');
  const unreadable = {
    message: 'The error cannot be read',
    extensions: { code: 'SUBGRAPH_UNAVAILABLE', retryable: false },
  };
  expect(await stock.query()).toEqual({
    data: { stock: 1 },
    errors: [unreadable, unreadable, { message: 'Known', extensions: {} }],
  });
});

test('connections that are closed behind an answer cost nothing', async () => {
  stock.proxy.inject('closed behind the answer');
  for (let asked = 0; asked < 10; asked += 1) expect(await stock.query()).toEqual({ data: { stock: 7 } });
});

test('connections are kept, and carry one request after another', async () => {
  for (let asked = 0; asked < 10; asked += 1) await stock.query();
  expect(stock.proxy.counts().requests).toBe(10);
  expect(stock.proxy.counts().connections).toBeLessThan(3);
});
