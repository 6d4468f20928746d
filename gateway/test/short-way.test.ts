import { Supergraph } from '@apollo/federation-internals';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { eventually } from '#shared/testing/eventually.ts';
import { randomOf, randomOperation } from '../subscriptions/plans/test/random-operation.ts';
import { readSupergraph } from '../supergraph/security-features.ts';
import { awkward, startCatalogue, type Catalogue } from './catalogue-graph.ts';
import { sendRaw, type RawAnswer } from './raw-request.ts';
import type { WarehouseGateway } from './warehouse-graph.ts';

type Asked = {
  query: string;
  variables?: unknown;
  operationName?: unknown;
  method?: 'GET' | 'POST';
  headers?: Record<string, string>;
};
type Way = 'long' | 'short' | 'refused';

let catalogue: Catalogue;
/** The same without caches: each answer is executed. */
let uncached: WarehouseGateway;
let authorization: string;
beforeAll(async () => {
  catalogue = await startCatalogue({ SUPERGRAPH_POLL_MS: '20', CORS_ORIGINS: 'https://shop.example' });
  uncached = await catalogue.startGateway({ RESPONSE_CACHE: 'false', ENTITY_CACHE: 'false' });
  authorization = `Bearer ${catalogue.keys.sign({ sub: 'ada', sid: 'ada' }, { expiresIn: 600 })}`;
});
afterAll(() => catalogue?.close());

/** Every request has the same id, which errors name, too. */
const correlation = { 'x-correlation-id': 'short-and-long' };

function send({ url }: { url: string }, { method = 'POST', headers: given, ...asked }: Asked): Promise<RawAnswer> {
  const headers = { ...correlation, ...given };
  if (method === 'POST')
    return sendRaw(url, { headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(asked) });
  const search = new URLSearchParams({ query: asked.query });
  if (asked.variables !== undefined) search.set('variables', JSON.stringify(asked.variables));
  if (asked.operationName !== undefined) search.set('operationName', String(asked.operationName));
  const target = `/graphql?${search.toString()}`;
  return sendRaw(url, { method, target, headers: { 'apollo-require-preflight': 'true', ...headers } });
}

/** What must be the same of two answers: all but the time, and what is left of the client's budget. */
function comparable({ status, headers, body }: RawAnswer) {
  const { date: _1, ratelimit, age: _2, ...rest } = headers;
  return { status, headers: { ...rest, hasBudget: ratelimit !== undefined }, body };
}

/** Errors of subgraphs that are asked at the same time come in the order in which they have answered. */
function inOneOrder(answer: RawAnswer): RawAnswer {
  const said = JSON.parse(answer.body) as { errors?: unknown[] };
  if (!said.errors || said.errors.length < 2) return answer;
  const errors = said.errors.map((error) => JSON.stringify(error)).sort();
  return { ...answer, body: JSON.stringify({ ...said, errors }) };
}

async function wayOf(gateway: WarehouseGateway, ask: () => Promise<RawAnswer>) {
  const counts = () =>
    Promise.all(
      (['long', 'short', 'refused'] as const).map((way) =>
        gateway.metric('gold_gateway_http_requests_total', `way="${way}"`),
      ),
    );
  const before = await counts();
  const answer = await ask();
  const after = await counts();
  const ways = (['long', 'short', 'refused'] as const).filter((_, index) => after[index]! > before[index]!);
  return { answer, ways: ways.join() as Way };
}

let asked = 0;
/** A text that nobody has sent before, and means the same. */
const asNew = (query: string) => `${query} # ${(asked += 1)}`;

/** Asks twice: an operation that is new to the gateway, and then one that it knows. */
async function askTwice(gateway: WarehouseGateway, request: Asked) {
  const asNewOne = { ...request, query: asNew(request.query) };
  const first = await wayOf(gateway, () => send(gateway, asNewOne));
  const second = await wayOf(gateway, () => send(gateway, asNewOne));
  return { first, second };
}

const get = 'GET' as const;
const books = 'query Books($ids: [ID!] = ["2"]) { books(ids: $ids) { id title left shelf } }';
const shelf = 'query ($first: Int!) { shelf(first: $first) { id } }';
const several =
  'query A { visits: told(text: "a") } query B($n: Float = 1.5) { told(number: $n) } mutation C { refuse }';
const cases: [name: string, request: Asked, ways?: [Way, Way], status?: number][] = [
  ['a query', { query: '{ book(id: "1") { title left } }' }],
  ['a query that is not kept', { query: '{ told(text: "x") }' }],
  ['nothing but __typename', { query: '{ __typename }' }],
  ['variables', { query: books, variables: { ids: ['1', '2'] } }],
  ['defaults of variables', { query: books }],
  ['variables: null', { query: books, variables: null }],
  ['a variable that is null', { query: books, variables: { ids: null } }],
  ['an empty list', { query: books, variables: { ids: [] } }],
  ['more variables than it has', { query: books, variables: { ids: ['1'], others: { a: 1 } } }],
  ['__proto__ as a variable', { query: books, variables: JSON.parse('{"__proto__": ["1"], "ids": ["2"]}') }],
  ['one value where a list belongs', { query: books, variables: { ids: '1' } }],
  ['a variable of another type', { query: books, variables: { ids: [{}] } }, ['long', 'short'], 400],
  ['a variable that is missing', { query: 'query ($id: ID!) { book(id: $id) { id } }' }, ['long', 'short'], 400],
  [
    'an enum and an input object',
    { query: 'query ($f: Filter) { search(filter: $f) { id } }', variables: { f: { kind: 'AUDIO' } } },
  ],
  [
    'a name that the enum does not have',
    { query: 'query ($f: Filter) { search(filter: $f) { id } }', variables: { f: { kind: 'AUDI' } } },
    ['long', 'short'],
    400,
  ],
  ['aliases', { query: '{ b: book(id: "1") { t: title, title: id } a: book(id: "2") { title, t: title } }' }],
  ['names that objects have anyway', { query: '{ constructor: told(text: "x") toString: told }' }],
  ['__proto__ as an alias', { query: '{ __proto__: told(text: "x") a: told(text: "y") }' }],
  [
    'fragments, abstract types and conditions',
    {
      query: `query ($s: Boolean!) { search { __typename ...T id @skip(if: $s) ... on Book { left @include(if: $s) } } news { ... on Tape { minutes } ... on Book { id } } }
        fragment T on Thing { title ... on Tape { minutes } }`,
      variables: { s: true },
    },
  ],
  ['the first of several operations', { query: several, operationName: 'A' }],
  ['another of several operations', { query: several, operationName: 'B', variables: { n: 2 } }],
  ['several operations and no name', { query: several }, ['refused', 'refused'], 400],
  ['an unknown name', { query: several, operationName: 'D' }, ['refused', 'refused'], 400],
  ['an empty name', { query: '{ told }', operationName: '' }, ['long', 'long'], 400],
  ['operationName: null', { query: '{ told }', operationName: null }],
  ['an error of a subgraph', { query: '{ broken told(text: "x") }' }],
  ['an error of a subgraph that is joined', { query: '{ books { id lost left } }' }],
  ['an error that leaves nothing', { query: '{ broken }' }],
  ['null where there must not be null', { query: '{ strict { name inner { name } } told }' }],
  ['null in a list', { query: '{ strict { name inners { name } } }' }],
  ['null around everything', { query: '{ strict { never } }' }],
  ['null where the other subgraph must not say null', { query: '{ book(id: "0") { id shelf } told }' }],
  ['null in a list of what must not be null', { query: '{ books(ids: ["1", "0"]) { shelf } }' }],
  ['unicode and escapes', { query: '{ book(id: "2") { title } told(text: "\\u2028 طلا \\"") }' }],
  ['unicode in variables', { query: 'query ($t: String) { told(text: $t) }', variables: { t: awkward } }],
  ['a lone surrogate', { query: 'query ($t: String) { told(text: $t) }', variables: { t: '\ud800' } }],
  [
    'large numbers',
    { query: 'query ($n: Float) { told(number: $n) news { ... on Tape { minutes } } }', variables: { n: 1e21 } },
  ],
  ['a mutation', { query: 'mutation { rename(id: "1", title: "Gold") { title left } }' }],
  ['a mutation with errors', { query: 'mutation { refuse rename(id: "1", title: "Gold") { id } }' }],
  ['introspection', { query: '{ __schema { queryType { name } } told }' }],
  ['an unknown field', { query: '{ nothing }' }, ['refused', 'refused'], 400],
  ['no GraphQL', { query: '{' }, ['refused', 'refused'], 400],
  ['what the schema has no type for', { query: 'subscription { nothing }' }, ['refused', 'refused'], 400],
  ['personal fields of nobody', { query: '{ greeting book(id: "1") { mine } }' }],
  ['a refused field', { query: '{ me { id } told }' }],
  ['only refused fields', { query: '{ me { id } }' }],
  ['a GET', { query: '{ book(id: "1") { title left } }', method: get }],
  ['a GET with variables', { query: books, variables: { ids: ['1'] }, operationName: 'Books', method: get }],
  ['a GET with wrong variables', { query: books, variables: { ids: [{}] }, method: get }, ['long', 'short'], 400],
  ['a GET of what is not kept', { query: '{ told(text: "x") }', method: get }],
  ['a GET with errors', { query: '{ broken book(id: "1") { id } }', method: get }],
  ['a mutation by GET', { query: 'mutation { refuse }', method: get }, ['long', 'long'], 405],
  [
    'a GET of a foreign page',
    { query: '{ told }', method: get, headers: { 'apollo-require-preflight': '' } },
    ['long', 'long'],
    400,
  ],
];

describe('an operation that was answered before is answered beside Apollo Server, byte by byte as the first time:', () => {
  test.each(cases)('%s', async (_name, request, ways = ['long', 'short'], status = 200) => {
    for (const gateway of [catalogue, uncached]) {
      const { first, second } = await askTwice(gateway, request);
      expect(comparable(second.answer)).toEqual(comparable(first.answer));
      expect([first.ways, second.ways]).toEqual(ways);
      expect(first.answer.status).toBe(status);
    }
  });

  test.each([
    ['accept: nothing said', {}],
    ['accept: anything', { accept: '*/*' }],
    ['accept: any application', { accept: 'application/*' }],
    ['accept: application/json', { accept: 'application/json' }],
    ['accept: application/graphql-response+json', { accept: 'application/graphql-response+json' }],
    ['accept: either', { accept: 'application/graphql-response+json, application/json;q=0.9' }],
    ['accept: the other one rather', { accept: 'application/graphql-response+json;q=0.1, application/json' }],
    ['accept: what Apollo Client says', { accept: 'application/graphql-response+json,application/json;q=0.9' }],
    ['accept: a page', { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' }],
    ['accept: a character set', { accept: 'application/json; charset=utf-8' }],
    ['an origin that may ask', { origin: 'https://shop.example' }],
    ['an origin that may not', { origin: 'https://evil.example' }],
    ['gzip', { 'accept-encoding': 'gzip' }],
    ['what browsers compress by', { 'accept-encoding': 'gzip, deflate, br, zstd' }],
    ['nothing compressed', { 'accept-encoding': 'identity' }],
    ['content type with a character set', { 'content-type': 'application/json; charset=utf-8' }],
    ['a trace', { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' }],
  ])('with headers, %s', async (_name, headers) => {
    // Long enough to be compressed.
    const long = 'query ($t: String) { books { id title left } told(text: $t) broken }';
    const kept = 'query ($ids: [ID!]) { books(ids: $ids) { id title left shelf pages } }';
    const ids = Array.from({ length: 40 }, (_, index) => String(index + 1));
    for (const request of [
      { query: long, variables: { t: 'طلا'.repeat(500) } },
      { query: kept, variables: { ids } },
      { query: kept, variables: { ids }, method: get },
      { query: books, variables: { ids: 7.5 } },
    ]) {
      const { first, second } = await askTwice(catalogue, { ...request, headers });
      expect(comparable(second.answer)).toEqual(comparable(first.answer));
      expect([first.ways, second.ways]).toEqual(['long', 'short']);
    }
  });

  test.each([
    ['accept: neither', { accept: 'text/plain' }, 406],
    ['accept: both refused', { accept: 'application/json;q=0, application/graphql-response+json;q=0' }, 406],
    ['a token that is none', { authorization: 'Bearer nonsense' }, 401],
    ['a form', { 'content-type': 'text/plain' }, 400],
  ])('and refused as the first time with %s', async (_name, headers, status) => {
    const request = { query: asNew('{ told }'), headers };
    const before = await send(catalogue, request);
    for (let time = 0; time < 2; time += 1) await send(catalogue, { query: request.query });
    const after = await send(catalogue, request);
    expect([before.status, comparable(after)]).toEqual([status, comparable(before)]);
  });

  test('signed in, everybody with answers of their own', async () => {
    const query = '{ me { id } greeting book(id: "1") { id mine left } }';
    const { first, second } = await askTwice(catalogue, { query, headers: { authorization } });
    expect(comparable(second.answer)).toEqual(comparable(first.answer));
    expect([first.ways, second.ways]).toEqual(['long', 'short']);
    expect(JSON.parse(second.answer.body)).toMatchObject({ data: { me: { id: 'ada' }, greeting: 'Hello ada' } });

    const text = asNew(query);
    await send(catalogue, { query: text, headers: { authorization } });
    const ofNobody = await wayOf(catalogue, () => send(catalogue, { query: text }));
    expect(ofNobody.ways).toBe('short');
    expect(JSON.parse(ofNobody.answer.body)).toMatchObject({
      data: { me: null, greeting: 'Hello', book: { id: '1', mine: null } },
      errors: [{ path: ['me'], extensions: { code: 'UNAUTHORIZED_FIELD_OR_TYPE', reason: 'UNAUTHENTICATED' } }],
    });
  });

  test('with the whole operation refused, where that is how it is set', async () => {
    const strict = await catalogue.startGateway({ ACCESS_REFUSAL: 'operation' });
    for (const method of ['POST', 'GET'] as const) {
      const { first, second } = await askTwice(strict, { query: '{ me { id } told }', method });
      expect(comparable(second.answer)).toEqual(comparable(first.answer));
      expect([first.ways, second.ways, first.answer.status]).toEqual(['long', 'short', 401]);
      expect(first.answer.headers['www-authenticate']).toBe('Bearer');
    }
    await strict.stop();
  });

  test('over cost', async () => {
    const poor = await catalogue.startGateway({ MAX_COST: '10' });
    const { first, second } = await askTwice(poor, { query: shelf, variables: { first: 20 } });
    expect(comparable(second.answer)).toEqual(comparable(first.answer));
    expect([first.ways, second.ways, first.answer.status]).toEqual(['long', 'short', 400]);
    expect(JSON.parse(first.answer.body)).toMatchObject({ errors: [{ extensions: { code: 'COST_LIMIT_EXCEEDED' } }] });
    await poor.stop();
  });

  test('over the rate', async () => {
    const slow = await catalogue.startGateway({ RATE_ANONYMOUS_COST_PER_SECOND: '1', RATE_BURST_SECONDS: '100' });
    await send(slow, { query: shelf, variables: { first: 120 } });
    const { first, second } = await askTwice(slow, { query: shelf, variables: { first: 120 } });
    const withoutTime = ({ body, ...rest }: RawAnswer) => ({ ...rest, body: body.replaceAll(/\d+/g, '0') });
    const { 'retry-after': retryAfter, ...headers } = first.answer.headers;
    expect(Number(retryAfter)).toBeGreaterThan(60);
    expect(Math.abs(Number(retryAfter) - Number(second.answer.headers['retry-after']))).toBeLessThanOrEqual(5);
    const { 'retry-after': _, ...headersOfSecond } = second.answer.headers;
    expect(comparable(withoutTime({ ...second.answer, headers: headersOfSecond }))).toEqual(
      comparable(withoutTime({ ...first.answer, headers })),
    );
    expect([first.ways, second.ways, first.answer.status]).toEqual(['long', 'short', 429]);
    await slow.stop();
  });

  test('while a subgraph is down', async () => {
    await catalogue.stopStock();
    for (const method of ['POST', 'GET'] as const) {
      const { first, second } = await askTwice(uncached, { query: '{ books { id title left } }', method });
      expect(comparable(second.answer)).toEqual(comparable(first.answer));
      expect([first.ways, second.ways]).toEqual(['long', 'short']);
      expect(JSON.parse(first.answer.body)).toMatchObject({
        data: { books: [{ title: 'Gold', left: null }, { left: null }] },
        errors: [{ extensions: { code: 'SUBGRAPH_UNAVAILABLE' } }],
      });
      expect(first.answer.headers['cache-control']).toBe('no-store');
    }
    await catalogue.startStock();
    await eventually(async () =>
      expect(JSON.parse((await send(uncached, { query: '{ books { left } }' })).body)).not.toHaveProperty('errors'),
    );
  });
});

test('whatever clients ask for, the second answer is the first, with caches and without', async () => {
  const schema = Supergraph.build(readSupergraph(catalogue.supergraphSdl).servedSdl).apiSchema().toGraphQLJSSchema();
  const type = schema.getQueryType()!;
  let executed = 0;
  await fc.assert(
    fc.asyncProperty(fc.gen(), fc.boolean(), fc.boolean(), async (next, isSignedIn, isGet) => {
      const leaveOut = ['text', 'number'];
      const random = randomOf(fc, next);
      const { text, variables } = randomOperation(schema, { keyword: 'query', type, depth: 3, leaveOut }, random);
      // What is counted is never the same twice.
      if (/\bvisits\b/.test(text)) return;
      const request: Asked = {
        query: asNew(text),
        variables,
        ...(isGet && { method: get }),
        ...(isSignedIn && { headers: { authorization } }),
      };
      const answers = [];
      for (const gateway of [uncached, catalogue])
        for (let time = 0; time < 2; time += 1) answers.push(comparable(inOneOrder(await send(gateway, request))));
      const [first, second, third, fourth] = answers;
      expect(second).toEqual(first);
      expect(fourth).toEqual(third);
      expect(third!.body).toBe(first!.body);
      if (first!.status === 200) executed += 1;
    }),
    { numRuns: 150, endOnFailure: true },
  );
  expect(executed).toBeGreaterThan(50);
});

test('after a new supergraph an operation is new, and never answered from what was before', async () => {
  const query = asNew('{ book(id: "1") { pages } }');
  const ask = () => wayOf(catalogue, () => send(catalogue, { query }));
  expect((await ask()).ways).toBe('long');
  expect((await ask()).ways).toBe('short');
  await catalogue.changeSchema(({ books: text, stock }) => ({
    books: text.replace('pages: Int', 'pages: Int @authenticated'),
    stock,
  }));
  let answer = await ask();
  await eventually(async () => {
    if (answer.ways === 'short') answer = await ask();
    expect(answer.ways).toBe('long');
  });
  for (const ways of ['short', 'short']) {
    expect(JSON.parse(answer.answer.body)).toMatchObject({
      data: { book: null },
      errors: [{ path: ['book', 'pages'], extensions: { code: 'UNAUTHORIZED_FIELD_OR_TYPE' } }],
    });
    expect(answer.answer.headers['cache-control']).toBe('no-store');
    answer = await ask();
    expect(answer.ways).toBe(ways);
  }
  await catalogue.changeSchema(({ books: text, stock }) => ({ books: text.replace('pages: Int', ''), stock }));
  await eventually(async () => expect((await ask()).answer.status).toBe(400));
  expect(await ask()).toMatchObject({ ways: 'refused', answer: { status: 400 } });
});
