import { brotliDecompressSync, gunzipSync, inflateSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { createCompression, encodedEtag } from './compression.ts';

const { encodeBody } = createCompression({ minBytes: 1_024 });
const long = JSON.stringify(Array.from({ length: 200 }, (_, at) => ({ symbol: 'XAU-USD', sequence: at })));
const decoders = { br: brotliDecompressSync, gzip: gunzipSync, deflate: inflateSync };

describe('a long answer', () => {
  test.each([
    ['gzip, deflate, br', 'br'],
    ['gzip, deflate', 'gzip'],
    ['deflate', 'deflate'],
    ['br;q=0.5, gzip;q=0.9', 'gzip'],
    ['GZIP', 'gzip'],
    ['*', 'br'],
    ['br;q=0, *', 'gzip'],
  ])('is sent to a client that takes %j in %s, and shorter', async (header, encoding) => {
    const encoded = await encodeBody(header, long);
    expect(encoded.encoding).toBe(encoding);
    expect(encoded.body.length).toBeLessThan(long.length / 2);
    expect(decoders[encoded.encoding!](encoded.body as Buffer).toString()).toBe(long);
  });

  test.each([undefined, '', 'identity', 'zstd', 'gzip;q=0', 'identity;q=1, *;q=0', 'nonsense;;=,'])(
    'is sent as it is to a client that takes %j, and at once',
    (header) => {
      expect(encodeBody(header, long)).toEqual({ body: long, encoding: undefined });
    },
  );
});

test('an answer is long from so many bytes on, not characters', async () => {
  const encodingOf = async (text: string) => (await encodeBody('gzip', text)).encoding;
  expect(await encodingOf('x'.repeat(1_023))).toBeUndefined();
  expect(await encodingOf('x'.repeat(1_024))).toBe('gzip');
  expect(await encodingOf('€'.repeat(341))).toBeUndefined();
  expect(await encodingOf(`${'€'.repeat(341)}x`)).toBe('gzip');
});

test('a tag says of a compressed answer no more than that it means the same', () => {
  expect(encodedEtag('"a"', 'br')).toBe('W/"a"');
  expect(encodedEtag('W/"a"', 'br')).toBe('W/"a"');
  expect(encodedEtag('"a"', undefined)).toBe('"a"');
});
