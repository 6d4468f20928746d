import { describe, expect, test } from '@jest/globals';
import {
  cachingHeaders,
  entityTagOf,
  isNotModified,
  notKept,
  policyOfExecuted,
  policyOfKept,
} from './caching-headers.ts';
import { createFreshness } from './freshness.ts';

const get = { isGet: true, entityTag: 'W/"1"' };
const post = { isGet: false, entityTag: undefined };
const freshnessOf = (maxAge: number, isPrivate = false) => {
  const freshness = createFreshness();
  freshness.restrict({ maxAge, isPrivate });
  return freshness;
};

describe('clients and CDNs are told', () => {
  test.each([
    ['that an answer may not be kept', notKept, get, ['cache-control', 'no-store']],
    [
      'for how long an answer may be kept, and what else it depends on',
      policyOfExecuted(60, freshnessOf(30)),
      get,
      ['cache-control', 'public, max-age=30', 'vary', 'Accept, Accept-Encoding, Origin', 'etag', 'W/"1"'],
    ],
    [
      'how old it is',
      policyOfKept({ text: '', bornAt: 1_000, endsAt: 31_000 }, 12_900),
      post,
      ['cache-control', 'public, max-age=30', 'age', '12'],
    ],
    [
      'that only who has asked may keep it',
      policyOfExecuted(60, freshnessOf(30, true)),
      post,
      ['cache-control', 'private, max-age=30'],
    ],
  ])('%s', (_what, policy, request, headers) => {
    expect(cachingHeaders(policy, request)).toEqual(headers);
  });
});

describe('an answer that was executed', () => {
  test('may be kept for as long as both the schema and the subgraphs say', () => {
    expect(policyOfExecuted(60, freshnessOf(90)).maxAge).toBe(60);
    expect(policyOfExecuted(60, freshnessOf(59.9)).maxAge).toBe(59);
  });

  test('may not be kept where one of them says nothing, or less than a second', () => {
    expect(policyOfExecuted(0, freshnessOf(60))).toBe(notKept);
    expect(policyOfExecuted(60, createFreshness())).toBe(notKept);
    expect(policyOfExecuted(60, freshnessOf(0.9))).toBe(notKept);
  });
});

describe('an entity tag', () => {
  test('is the same for the same data, whether it is kept or not, and another for other data', () => {
    const kept = { text: '{"a":1}', bornAt: 0, endsAt: 1 };
    const tag = entityTagOf(kept);
    expect(tag).toMatch(/^W\/"/);
    expect([entityTagOf(kept), entityTagOf('{"a":1}')]).toEqual([tag, tag]);
    expect(entityTagOf('{"a":2}')).not.toBe(tag);
  });

  test.each<[string, Record<string, string>, boolean]>([
    ['the same', { 'if-none-match': 'W/"a"' }, true],
    ['one of some', { 'if-none-match': '"b", W/"a"' }, true],
    ['any', { 'if-none-match': '*' }, true],
    ['another', { 'if-none-match': 'W/"b"' }, false],
    ['none', {}, false],
    ['the same, and insists on the answer', { 'if-none-match': 'W/"a"', 'cache-control': 'no-cache' }, false],
  ])('tells whether a client has the answer that names %s', (_what, headers, expected) => {
    expect(isNotModified(headers, 'W/"a"')).toBe(expected);
  });
});
