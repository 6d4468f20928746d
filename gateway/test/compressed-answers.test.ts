import { request as httpRequest } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { brotliDecompressSync, gunzipSync, inflateSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startCatalogue, type Catalogue } from './catalogue-graph.ts';

let catalogue: Catalogue;
beforeAll(async () => {
  catalogue = await startCatalogue({ COMPRESSION_MIN_BYTES: '500' });
});
afterAll(() => catalogue?.close());

const long = 'query ($first: Int!) { shelf(first: $first) { id title pages kind } }';

/** What comes over the wire, as it is. */
async function ask(first: number, headers: Record<string, string>) {
  const { hostname, port } = new URL(catalogue.url);
  const search = new URLSearchParams({ query: long, variables: JSON.stringify({ first }) }).toString();
  const path = `/graphql?${search}`;
  const given = { 'apollo-require-preflight': 'true', ...headers };
  const request = httpRequest({ hostname, port, path, headers: given, agent: false });
  const answered = new Promise<{ status: number; headers: NodeJS.Dict<string | string[]>; bytes: Buffer }>(
    (resolve, reject) => {
      request.once('error', reject);
      request.once('response', (response) => {
        buffer(response).then(
          (bytes) => resolve({ status: response.statusCode!, headers: response.headers, bytes }),
          reject,
        );
      });
    },
  );
  request.end();
  return answered;
}

const decoders = { gzip: gunzipSync, deflate: inflateSync, br: brotliDecompressSync };

test.each([
  ['gzip', 'gzip'],
  ['deflate', 'deflate'],
  ['br', 'br'],
  ['gzip, deflate, br, zstd', 'br'],
  ['gzip;q=1, br;q=0.5', 'gzip'],
  ['br;q=0, *', 'gzip'],
] as const)('a long answer to a client that takes %s comes in %s, and is the same', async (accepted, encoding) => {
  const plain = await ask(40, {});
  for (let time = 0; time < 2; time += 1) {
    const { status, headers, bytes } = await ask(40, { 'accept-encoding': accepted });
    expect([status, headers['content-encoding'], headers['content-length']]).toEqual([
      200,
      encoding,
      String(bytes.length),
    ]);
    expect(decoders[encoding](bytes).toString()).toBe(plain.bytes.toString());
    expect(bytes.length).toBeLessThan(plain.bytes.length / 2);
    expect(String(headers.vary).toLowerCase()).toContain('accept-encoding');
    expect(headers.etag).toBe(plain.headers.etag);
  }
});

test.each([
  ['nobody has said that it may be compressed', 40, {}],
  ['it must not be', 40, { 'accept-encoding': 'identity' }],
  ['only by what nobody knows', 40, { 'accept-encoding': 'snappy' }],
  ['it is short', 1, { 'accept-encoding': 'gzip, br' }],
])('an answer comes as it is where %s', async (_why, first, headers) => {
  const answer = await ask(first, headers);
  expect(answer.headers).not.toHaveProperty('content-encoding');
  expect(JSON.parse(answer.bytes.toString())).toMatchObject({ data: { shelf: expect.any(Array) } });
  expect(String(answer.headers.vary).toLowerCase()).toContain('accept-encoding');
});

test('a client that has it already is told so whatever it takes', async () => {
  const { headers } = await ask(40, { 'accept-encoding': 'gzip' });
  const again = await ask(40, { 'accept-encoding': 'br', 'if-none-match': String(headers.etag) });
  expect([again.status, again.bytes.length, again.headers['content-encoding']]).toEqual([304, 0, undefined]);
});
