import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { sendBytes, sendRaw, type RawAnswer, type RawRequest } from './raw-request.ts';
import { startWarehouse, type Warehouse } from './warehouse-graph.ts';

const bodyLimitBytes = 4_096;

let warehouse: Warehouse;
beforeAll(async () => {
  warehouse = await startWarehouse({ BODY_LIMIT_BYTES: String(bodyLimitBytes), EXPLORER: 'false' });
});
afterAll(() => warehouse.close());

const json = { 'content-type': 'application/json' };
const post = (body: unknown, headers: Record<string, string> = json): RawRequest => ({
  headers,
  body: typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body),
});
const get = (search: string, headers: Record<string, string> = {}): RawRequest => ({
  method: 'GET',
  target: `/graphql${search}`,
  headers: { 'apollo-require-preflight': 'true', ...headers },
});
const query = '{ latest }';
const asked = `?query=${encodeURIComponent(query)}`;
const tooLong = JSON.stringify({ query: `${query} #${'x'.repeat(bodyLimitBytes)}` });

/** What every refusal looks like, whatever was wrong. */
function expectRefusal({ status, headers, body }: RawAnswer): { code: string }[] {
  expect(status).toBeGreaterThanOrEqual(400);
  expect(status).toBeLessThan(500);
  expect(headers['content-type']).toMatch(/^application\/(graphql-response\+)?json/);
  const { errors, data } = JSON.parse(body) as {
    errors: { message: string; extensions: { code: string } }[];
    data?: null;
  };
  expect(data ?? null).toBeNull();
  for (const error of errors)
    expect(error).toMatchObject({
      message: expect.stringMatching(/\S/),
      extensions: { code: expect.stringMatching(/^[A-Z_]+$/) },
    });
  expect(body).not.toMatch(/stack|node_modules|\.ts:|\.js:|<(!|html|body|pre|h1)|\bsales\b|\bshop\b/i);
  return errors.map(({ extensions }) => extensions);
}

async function expectAlive(): Promise<void> {
  const { status, body } = await sendRaw(warehouse.url, post({ query }));
  expect([status, JSON.parse(body)]).toMatchObject([200, { data: { latest: 0 } }]);
}

describe('a request that cannot be answered is refused with 4xx and a GraphQL body', () => {
  const cases: [name: string, request: RawRequest, status?: number, code?: string][] = [
    ['PUT', { ...post({ query }), method: 'PUT' }, 405],
    ['DELETE', { method: 'DELETE' }, 405],
    ['PATCH', { ...post({ query }), method: 'PATCH' }, 405],
    ['an OPTIONS of nobody', { method: 'OPTIONS' }, 405],
    ['an unknown method of HTTP', { method: 'PROPFIND' }, 405],
    ['no content type', post({ query }, {})],
    ['plain text', post({ query }, { 'content-type': 'text/plain' })],
    ['a form', post(`query=${query}`, { 'content-type': 'application/x-www-form-urlencoded' })],
    ['an upload', post('--x--', { 'content-type': 'multipart/form-data; boundary=x' })],
    ['XML', post('<query/>', { 'content-type': 'application/xml', 'apollo-require-preflight': 'true' })],
    ['a content type that is none', post({ query }, { 'content-type': ';;;' })],
    ['JSON in another character set', post({ query }, { 'content-type': 'application/json; charset=utf-16' }), 415],
    [
      'a character set that nobody knows',
      post({ query }, { 'content-type': 'application/json; charset=klingon' }),
      415,
    ],
    ['a compressed body', post({ query }, { ...json, 'content-encoding': 'gzip' }), 415],
    ['an empty body', post('')],
    ['white space', post('  \n ')],
    ['broken JSON', post('{"query": "{ latest }"'), 400],
    ['JSON with more behind it', post('{"query":"{ latest }"} {}'), 400],
    ['JSON of another dialect', post("{query: '{ latest }'}"), 400],
    ['bytes that are no UTF-8', post(Buffer.from('{"query":"{ latest } #\xff\xfe"}', 'latin1')), 400],
    ['NUL bytes', post(Buffer.from('\0\0\0\0')), 400],
    ['NUL in the operation', post({ query: '{ latest \0 }' }), 400, 'GRAPHQL_PARSE_FAILED'],
    ['a lone surrogate in the operation', post('{"query":"{ \\ud800 }"}'), 400, 'GRAPHQL_PARSE_FAILED'],
    ['null', post('null')],
    ['a number', post('1')],
    ['a string', post('"{ latest }"')],
    ['true', post('true')],
    ['an empty list', post('[]')],
    ['a batch', post([{ query }, { query }])],
    ['nothing in it', post('{}')],
    ['query: null', post({ query: null })],
    ['query: 1', post({ query: 1 })],
    ['query: []', post({ query: [query] })],
    ['query: {}', post({ query: { kind: 'Document' } })],
    ['query: true', post({ query: true })],
    ['an empty query', post({ query: '' })],
    ['a comment alone', post({ query: '# nothing' }), 400, 'GRAPHQL_PARSE_FAILED'],
    ['a fragment alone', post({ query: 'fragment F on Query { latest }' })],
    ['an unknown field', post({ query: '{ nothing }' }), 400, 'GRAPHQL_VALIDATION_FAILED'],
    ['__proto__ as a field', post({ query: '{ __proto__ { polluted } }' }), 400, 'GRAPHQL_VALIDATION_FAILED'],
    [
      'an unknown operation name',
      post({ query: 'query A { latest }', operationName: 'B' }),
      400,
      'OPERATION_RESOLUTION_FAILURE',
    ],
    [
      'an operation name of the prototype',
      post({ query: 'query A { latest }', operationName: '__proto__' }),
      400,
      'OPERATION_RESOLUTION_FAILURE',
    ],
    [
      'several operations and no name',
      post({ query: 'query A { latest } query B { latest }' }),
      400,
      'OPERATION_RESOLUTION_FAILURE',
    ],
    ['operationName: 1', post({ query, operationName: 1 })],
    ['operationName: []', post({ query, operationName: ['A'] })],
    ['variables as a string', post({ query, variables: '{}' })],
    ['variables as a list', post({ query, variables: [] })],
    ['variables as a number', post({ query, variables: 1 })],
    [
      'a variable of a wrong type',
      post({ query: 'mutation ($v: Int!) { setLatest(value: $v) }', variables: { v: 'x' } }),
      400,
      'BAD_USER_INPUT',
    ],
    [
      'a variable that is missing',
      post({ query: 'mutation ($v: Int!) { setLatest(value: $v) }' }),
      400,
      'BAD_USER_INPUT',
    ],
    [
      'a variable that is too large',
      post({ query: 'mutation ($v: Int!) { setLatest(value: $v) }', variables: { v: 1e300 } }),
      400,
      'BAD_USER_INPUT',
    ],
    [
      'variables of the prototype',
      post('{"query":"mutation ($v: Int!) { setLatest(value: $v) }","variables":{"__proto__":{"v":1}}}'),
      400,
      'BAD_USER_INPUT',
    ],
    ['extensions as a string', post({ query, extensions: 'x' })],
    ['extensions as a list', post({ query, extensions: [] })],
    ['a persisted query of a broken kind', post({ extensions: { persistedQuery: { version: 99, sha256Hash: 1 } } })],
    [
      'a persisted query with the hash of another',
      post({ query, extensions: { persistedQuery: { version: 1, sha256Hash: 'x' } } }),
    ],
    ['a subscription', post({ query: 'subscription { clockTicked }' }), 400],
    [
      'JSON ten thousand levels deep',
      post(`{"query":"{ latest }","variables":${'['.repeat(1_500)}${']'.repeat(1_500)}}`),
      400,
    ],
    ['an operation of a thousand levels', post({ query: '{ '.repeat(1_000) }), 400, 'GRAPHQL_PARSE_FAILED'],
    ['a body that is too long, and says so', post(tooLong), 413, 'BODY_TOO_LARGE'],
    [
      'a body that is too long, in chunks',
      { headers: json, body: [Buffer.from(tooLong.slice(0, 4_000)), Buffer.from(tooLong.slice(4_000))] },
      413,
      'BODY_TOO_LARGE',
    ],
    ['a body of many megabytes', post(Buffer.alloc(8_000_000, 'x')), 413, 'BODY_TOO_LARGE'],
    [
      'many megabytes in chunks',
      { headers: json, body: Array.from({ length: 80 }, () => Buffer.alloc(100_000, 'x')) },
      413,
      'BODY_TOO_LARGE',
    ],
    ['an answer that is not made here', post({ query }, { ...json, accept: 'text/html' }), 406],
    ['an Accept header that is none', post({ query }, { ...json, accept: ';;;' }), 406],
    ['a GET of nothing', get('')],
    ['a GET with an empty query', get('?query=')],
    ['a GET that a foreign page could send', { method: 'GET', target: `/graphql${asked}` }, 400],
    ['a GET of a mutation', get(`?query=${encodeURIComponent('mutation { setLatest(value: 1) }')}`), 405],
    ['a GET with variables that are no JSON', get(`${asked}&variables={`), 400],
    ['a GET with variables that are a list', get(`${asked}&variables=[]`), 400],
    ['a GET with extensions that are no JSON', get(`${asked}&extensions={`), 400],
    ['a GET with two queries', get(`${asked}&query=x`), 400],
    ['a GET with two operation names', get(`${asked}&operationName=a&operationName=b`), 400],
    [
      'a GET of an unknown operation',
      get(`?query=query+A{latest}&operationName=B`),
      400,
      'OPERATION_RESOLUTION_FAILURE',
    ],
    ['a GET with a syntax error', get('?query={'), 400, 'GRAPHQL_PARSE_FAILED'],
    ['a GET whose percent-encoding is broken', get('?query=%7B%20latest%20%7D%zz'), 400],
    ['a GET that is no UTF-8', get('?query=%7B%20latest%20%7D%ff%fe'), 400],
    ['a GET of a subscription', get(`?query=${encodeURIComponent('subscription { clockTicked }')}`), 405],
    ['a stream of broken JSON', post('{', { ...json, accept: 'text/event-stream' }), 400],
    ['a stream of nothing', post('{}', { ...json, accept: 'multipart/mixed;subscriptionSpec=1.0' }), 400],
    ['a stream that is too long', post(tooLong, { ...json, accept: 'text/event-stream' }), 413, 'BODY_TOO_LARGE'],
    ['a stream by PUT', { ...post({ query }, { ...json, accept: 'text/event-stream' }), method: 'PUT' }, 405],
    ['a token that is none', post({ query }, { ...json, authorization: 'Bearer nonsense' }), 401, 'UNAUTHENTICATED'],
    [
      'another scheme of authorization',
      post({ query }, { ...json, authorization: 'Basic eDp5' }),
      401,
      'UNAUTHENTICATED',
    ],
  ];
  test.each(cases.map(([name, request, status, code]) => ({ name, request, status, code })))(
    '$name',
    async ({ request, status, code }) => {
      const answer = await sendRaw(warehouse.url, request);
      const extensions = expectRefusal(answer);
      if (status) expect(answer.status).toBe(status);
      if (code) expect(extensions[0]!.code).toBe(code);
      if (answer.status === 405) expect(answer.headers.allow).toMatch(/POST/);
      await expectAlive();
    },
  );
});

/** Node's HTTP parser refuses these before a request comes of them. */
test.each([
  ['an unknown version of HTTP', 'POST /graphql HTTP/9.9\r\n\r\n'],
  ['no HTTP at all', 'what is this\r\n\r\n'],
  ['a header of seventeen kilobytes', `GET /graphql HTTP/1.1\r\nhost: x\r\nx-long: ${'x'.repeat(17_000)}\r\n\r\n`],
  ['two lengths', 'POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nxx'],
  [
    'a length and chunks',
    'POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
  ],
  ['a NUL in the address', 'GET /graphql?\0 HTTP/1.1\r\nhost: x\r\n\r\n'],
])('what is hardly HTTP (%s) costs its own connection only', async (_name, bytes) => {
  const answer = await sendBytes(warehouse.url, bytes);
  expect(answer).toMatch(/^HTTP\/1\.1 4\d\d .*\r\ncontent-type: application\/json/is);
  expect(JSON.parse(answer.split('\r\n\r\n')[1]!)).toMatchObject({ errors: [{ extensions: { code: 'BAD_REQUEST' } }] });
  await expectAlive();
});

test.each(['//', '/graphql/', '/GRAPHQL', '/graphql%2f', '/%zz', '/__proto__', '/constructor', '/../etc/passwd'])(
  'the address %s leads nowhere, and no further',
  async (target) => {
    const { status, headers, body } = await sendRaw(warehouse.url, { method: 'GET', target });
    expect([400, 404]).toContain(status);
    expect(headers['content-type']).toMatch(/^application\/json/);
    expect(body).not.toMatch(/stack|node_modules|<(!|html|body|pre|h1)/i);
  },
);
