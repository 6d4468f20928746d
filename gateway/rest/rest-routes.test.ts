import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { buildSchema, graphql, GraphQLError } from 'graphql';
import { readBody } from '#shared/graphql-http.ts';
import { createHttpServer, type HttpServer } from '#shared/http-server.ts';
import { createMetrics } from '#shared/metrics.ts';
import { createRestRoutes, type GraphqlAnswer, type RestExecution } from './rest-routes.ts';
import { trust } from './test/trusted.ts';

const sdl = `
  type Query { price(symbol: ID!): Price mine: String account: String! }
  type Mutation { buy(symbol: ID!, count: Int!): Int }
  type Subscription { priced: Int }
  type Price { symbol: ID! bid: String ask: String }
`;
let schema = buildSchema(sdl);
const documents = trust(
  schema,
  'query Price($symbol: ID!) { price(symbol: $symbol) { symbol bid ask } }',
  'query Mine { mine }',
  'query Account { account }',
  'query Both { mine price(symbol: "A") { symbol } }',
  'mutation Buy($symbol: ID!, $count: Int! = 1) { buy(symbol: $symbol, count: $count) }',
  'subscription Priced { priced }',
);
const refusal =
  (code: string, more: object = {}) =>
  () => {
    throw new GraphQLError(`refused: ${code}`, { extensions: { code, ...more } });
  };
const resolvers = {
  price: ({ symbol }: { symbol: string }) => ({
    symbol,
    bid: '1.50',
    ask: refusal('PRICE_UNAVAILABLE', { retryable: true }),
  }),
  mine: refusal('UNAUTHENTICATED'),
  account: refusal('SUBGRAPH_UNAVAILABLE', { retryable: true }),
  buy: ({ count }: { count: number }) => count,
};

let server: HttpServer;
let origin: string;
let executed: (RestExecution & { caller: string })[];
let answered: Partial<GraphqlAnswer>;
beforeAll(async () => {
  const rest = createRestRoutes<{ caller: string }>({
    documents: { all: () => documents },
    schema: () => schema,
    readBody: (request) => readBody(request, 1_000),
    async execute(execution, _request, { caller }) {
      executed.push({ ...execution, caller });
      const { query: source, operationName, variables: variableValues } = execution;
      const result = await graphql({ schema, source, operationName, variableValues, rootValue: resolvers });
      return { status: result.data === undefined ? 400 : 200, headers: {}, body: JSON.stringify(result), ...answered };
    },
  });
  server = createHttpServer({
    host: '127.0.0.1',
    port: 0,
    metrics: createMetrics('test'),
    checks: {},
    onError: (error) => console.error(error),
    fallback: (request, response, url) => {
      if (rest.handles(url)) return rest.answer({ request, response, url }, { caller: 'somebody' });
      response.writeHead(404).end();
    },
  });
  origin = `http://127.0.0.1:${await server.listen()}`;
});
beforeEach(() => {
  schema = buildSchema(sdl);
  executed = [];
  answered = {};
});
afterAll(() => server.close());

const jsonBody = (body: unknown) => ({
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
});

async function ask(path: string, init?: RequestInit) {
  const response = await fetch(`${origin}${path}`, init);
  const text = await response.text();
  return {
    status: response.status,
    type: response.headers.get('content-type')?.split(';')[0],
    header: (name: string) => response.headers.get(name),
    body: text === '' ? undefined : (JSON.parse(text) as Record<string, unknown>),
  };
}

describe('a query is asked for by GET', () => {
  test('and answers with its data', async () => {
    const { status, type, body } = await ask('/rest/Both');
    expect([status, type]).toEqual([200, 'application/json']);
    expect(body).toMatchObject({ mine: null, price: { symbol: 'A' } });
    expect(executed).toEqual([
      {
        query: documents.find(({ name }) => name === 'Both')!.body,
        operationName: 'Both',
        variables: {},
        caller: 'somebody',
      },
    ]);
  });

  test('and tells what could not be had beside what could', async () => {
    const { status, body } = await ask('/rest/Price?symbol=XAU-USD');
    expect(status).toBe(200);
    expect(body).toEqual({
      price: { symbol: 'XAU-USD', bid: '1.50', ask: null },
      $errors: [
        {
          message: 'refused: PRICE_UNAVAILABLE',
          path: ['price', 'ask'],
          extensions: { code: 'PRICE_UNAVAILABLE', retryable: true },
        },
      ],
    });
  });

  test('and HEAD is answered as GET, without the body', async () => {
    const { status, header, body } = await ask('/rest/Both', { method: 'HEAD' });
    expect([status, Number(header('content-length')) > 10, body]).toEqual([200, true, undefined]);
  });

  test('and has the headers that the operation has, but for those of its body', async () => {
    answered = {
      headers: {
        'Cache-Control': 'public, max-age=5',
        etag: '"1"',
        'content-type': 'application/graphql-response+json',
      },
    };
    const { type, header } = await ask('/rest/Both');
    expect([type, header('cache-control'), header('etag')]).toEqual(['application/json', 'public, max-age=5', '"1"']);
    answered = { status: 304, headers: { etag: '"1"' }, body: '' };
    expect(await ask('/rest/Both')).toMatchObject({ status: 304, body: undefined });
  });
});

describe('a mutation is sent by POST', () => {
  test('with its variables as the body', async () => {
    expect(await ask('/rest/Buy', jsonBody({ symbol: 'A', count: 3 }))).toMatchObject({
      status: 200,
      body: { buy: 3 },
    });
    expect(await ask('/rest/Buy', jsonBody({ symbol: 'A' }))).toMatchObject({ status: 200, body: { buy: 1 } });
  });

  test.each<[string, RequestInit, number, string]>([
    ['by GET', {}, 405, 'METHOD_NOT_ALLOWED'],
    ['as a form', { method: 'POST', body: new URLSearchParams({ symbol: 'A' }) }, 415, 'UNSUPPORTED_MEDIA_TYPE'],
    ['as text', { method: 'POST', body: '{"symbol":"A"}' }, 415, 'UNSUPPORTED_MEDIA_TYPE'],
    ['as half of JSON', { ...jsonBody({}), body: '{' }, 400, 'BAD_REQUEST'],
    ['with too much', jsonBody({ symbol: 'A'.repeat(2_000) }), 413, 'BODY_TOO_LARGE'],
    ['without a variable', jsonBody({}), 400, 'BAD_USER_INPUT'],
    ['with a wrong type', jsonBody({ symbol: 'A', count: 'three' }), 400, 'INTERNAL_SERVER_ERROR'],
  ])('and not %s', async (_what, init, status, code) => {
    const answer = await ask('/rest/Buy', init);
    expect(answer).toMatchObject({ status, type: 'application/problem+json', body: { status, type: 'about:blank' } });
    // graphql-js gives no codes; the gateway does.
    if (code !== 'INTERNAL_SERVER_ERROR') expect(answer.body!.code).toBe(code);
  });
});

describe('a problem has the status of HTTP', () => {
  test.each<[string, number, string]>([
    ['/rest/Mine', 401, 'UNAUTHENTICATED'],
    ['/rest/Account', 503, 'SUBGRAPH_UNAVAILABLE'],
    ['/rest/Price', 400, 'BAD_USER_INPUT'],
    ['/rest/Price?symbol=A&nope=1', 400, 'BAD_USER_INPUT'],
    ['/rest/Nothing', 404, 'NOT_FOUND'],
    ['/rest/', 404, 'NOT_FOUND'],
    ['/rest', 404, 'NOT_FOUND'],
    ['/rest/Priced', 404, 'NOT_FOUND'],
    ['/rest/__proto__', 404, 'NOT_FOUND'],
  ])('%s: %d', async (path, status, code) => {
    const answer = await ask(path);
    expect(answer).toMatchObject({ status, type: 'application/problem+json', body: { status, code } });
    expect(answer.header('cache-control')).toBe('no-store');
    expect(answer.header('www-authenticate')).toBe(status === 401 ? 'Bearer' : null);
  });

  test('of the refusal, where the operation was not executed at all', async () => {
    const errors = [{ message: 'Too fast', extensions: { code: 'RATE_LIMITED', retryable: true } }];
    answered = { status: 429, headers: { 'retry-after': '3' }, body: JSON.stringify({ errors }) };
    const { status, header, body } = await ask('/rest/Both');
    expect([status, header('retry-after')]).toEqual([429, '3']);
    expect(body).toMatchObject({ title: 'Too Many Requests', detail: 'Too fast', code: 'RATE_LIMITED', errors });
  });
});

test('the operations follow the schema that is served', async () => {
  schema = buildSchema(sdl.replace('mine: String ', ''));
  expect((await ask('/rest/Mine')).status).toBe(404);
  expect((await ask('/rest/Account')).status).toBe(503);
  const { body } = await ask('/rest/openapi.json');
  expect(Object.keys(body!.paths as object)).toEqual(['/Account', '/Buy', '/Price']);
});
