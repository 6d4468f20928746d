import { expect, test } from '@jest/globals';
import { freshnessOf, headerOf, retryAfterMs } from './reply-headers.ts';

const raw = (headers: Record<string, string>) =>
  Object.entries(headers)
    .flat()
    .map((text) => Buffer.from(text, 'latin1'));

test('a header is found whatever its case is, and only by its whole name', () => {
  const headers = raw({ 'X-Age': '1', AGE: '2', Aged: '3' });
  expect(headerOf(headers, 'age')).toBe('2');
  expect(headerOf(headers, 'date')).toBeUndefined();
});

test.each([
  [{}, 0, false],
  [{ 'Cache-Control': 'public, max-age=30' }, 30, false],
  [{ 'Cache-Control': 'max-age=30, private' }, 30, true],
  [{ 'Cache-Control': 'max-age=30, s-maxage=5' }, 5, false],
  [{ 'Cache-Control': 'no-store' }, 0, false],
  [{ 'Cache-Control': 'Private, No-Cache, max-age=30' }, 0, true],
  [{ 'cache-control': 'max-age=30', age: '12' }, 18, false],
  [{ 'cache-control': 'max-age=30', age: '31' }, 0, false],
  [{ 'cache-control': 'max-age=30', age: 'old' }, 30, false],
  [{ 'cache-control': 'max-age=-1' }, 0, false],
])('%j: it may be kept for %d seconds, only for one: %s', (headers, maxAge, isPrivate) => {
  expect(freshnessOf(raw(headers))).toEqual({ maxAge, isPrivate });
});

test('Retry-After has seconds or a date', () => {
  const now = Date.parse('2026-11-20T10:00:00Z');
  expect(retryAfterMs('2', now)).toBe(2_000);
  expect(retryAfterMs('Fri, 20 Nov 2026 10:00:05 GMT', now)).toBe(5_000);
  expect(retryAfterMs('Fri, 20 Nov 2026 09:00:00 GMT', now)).toBe(0);
  expect([retryAfterMs(undefined, now), retryAfterMs('soon', now)]).toEqual([undefined, undefined]);
});
