import { readdirSync, readFileSync } from 'node:fs';
import { getIntrospectionQuery } from 'graphql';
import { describe, expect, test } from '@jest/globals';
import { documentSettings, goldGeneration, goldSdl } from './security/limits/test/document-settings.ts';
import { createValidDocuments } from './valid-documents.ts';

const gateway = new URL('./', import.meta.url);
const generation = goldGeneration();
type Options = Partial<ReturnType<typeof documentSettings>>;
const documentsWith = (options: Options = {}) => createValidDocuments({ ...documentSettings(), ...options });
const documents = documentsWith();

function errorsOf(text: string, options: Options = {}) {
  const read = documentsWith(options).read(generation, text, undefined);
  return Array.isArray(read) ? read.map((error) => error.toJSON()) : [];
}
const codesOf = (text: string, options: Options = {}) =>
  errorsOf(text, options).map(({ extensions }) => extensions?.code);

describe('a document', () => {
  test('may have so many tokens and not one more', () => {
    const text = (tokens: number) => `{ me { ${'id '.repeat(tokens - 5)} } }`;
    expect(codesOf(text(200), { maxTokens: 200 })).toEqual([]);
    expect(errorsOf(text(201), { maxTokens: 200 })).toEqual([
      {
        message: 'Too many words, numbers and signs: 200 at most',
        extensions: { code: 'TOO_MANY_TOKENS', retryable: false, limit: 200 },
      },
    ]);
  });

  test('is judged by its limits before it is validated, which may take long', () => {
    const text = `{ me { ${'nothing '.repeat(3_000)} } }`;
    expect(codesOf(text)).toEqual(['TOO_MANY_SELECTIONS']);
  });

  test.each([
    ['lists of lists', `{ products(first: ${'['.repeat(9_900)} `],
    ['lists of lists that end', `{ products(first: ${'['.repeat(4_900)}${']'.repeat(4_900)}) { totalCount } }`],
    ['objects in objects', `{ products(where: ${'{a:'.repeat(3_000)}1${'}'.repeat(3_000)}) { totalCount } }`],
    ['fields in fields', `{ ${'me { '.repeat(3_000)} id ${'}'.repeat(3_001)}`],
    ['types in types', `query ($v: ${'['.repeat(4_900)}Int${']'.repeat(4_900)}) { me { id } }`],
    [
      'fragments in fragments',
      `{ ...F0 } ${Array.from({ length: 1_500 }, (_, n) => `fragment F${n} on Query { ...F${n + 1} }`).join(' ')}`,
    ],
  ])('that nests %s without an end is refused like any other', (_what, text) => {
    expect(codesOf(text).length).toBeGreaterThan(0);
    for (const code of codesOf(text))
      expect([
        'TOO_DEEP',
        'TOO_MANY_SELECTIONS',
        'TOO_MANY_TOKENS',
        'GRAPHQL_PARSE_FAILED',
        'GRAPHQL_VALIDATION_FAILED',
      ]).toContain(code);
  });

  test.each([
    ['on it', 'subscription { priceUpdated(symbol: "XAU-USD") @skip { bid } }'],
    [
      'in a fragment',
      'subscription { ...F } fragment F on Subscription { priceUpdated(symbol: "XAU-USD") @skip { bid } }',
    ],
    [
      'in an inline fragment',
      'subscription { ... on Subscription { priceUpdated(symbol: "XAU-USD") @include(if: 3) { bid } } }',
    ],
    [
      'on a fragment in a fragment that is without an end',
      'subscription { ...F } fragment F on Subscription { ...F ... @skip(if: true) { priceUpdated(symbol: "XAU-USD") { bid } } }',
    ],
  ])('with a condition on the root field of a subscription, %s, is refused', (_where, text) => {
    expect(codesOf(text)).toEqual(['OPERATION_NOT_SUPPORTED']);
  });

  test('may have conditions below the root field of a subscription', () => {
    const text =
      'subscription { ...F } fragment F on Subscription { priceUpdated(symbol: "XAU-USD") { bid @skip(if: true) ask } }';
    expect(codesOf(text)).toEqual([]);
  });

  test('gets the errors of validation up to a number', () => {
    const errors = errorsOf(`{ me { ${Array.from({ length: 100 }, (_, index) => `wrong${index}`).join(' ')} } }`);
    expect(errors).toHaveLength(21);
    expect(errors.at(-1)).toMatchObject({ message: expect.stringContaining('Too many validation errors') });
  });

  test('is told which names come close, or not', () => {
    const text = '{ produkt(sku: "A") { name } products(frist: 1) { nodes { nmae } } }';
    const messages = (options: Options) =>
      errorsOf(text, options)
        .map(({ message }) => message)
        .join('\n');
    expect(messages({})).toContain('Did you mean "product"');
    expect(messages({ hideSuggestions: true })).not.toMatch(/did you mean/i);
    expect(messages({ hideSuggestions: true })).toContain('Cannot query field "produkt"');
  });

  test('may ask for the schema, or not', () => {
    const introspection = getIntrospectionQuery({
      descriptions: true,
      inputValueDeprecation: true,
      specifiedByUrl: true,
    });
    expect(codesOf(introspection)).toEqual([]);
    expect(codesOf(introspection, { introspection: false })).toEqual(['INTROSPECTION_DISABLED']);
    expect(codesOf('{ s: __type(name: "User") { name } }', { introspection: false })).toEqual([
      'INTROSPECTION_DISABLED',
    ]);
    expect(codesOf('{ __typename me { __typename } }', { introspection: false })).toEqual([]);
  });

  test('that front-end teams send is read, all of a file at once too', () => {
    const served = new URL('contract/served/', gateway);
    for (const file of readdirSync(served)) {
      const read = documents.read(generation, readFileSync(new URL(file, served), 'utf8'), undefined);
      expect(read).toMatchObject([{ extensions: { code: 'OPERATION_RESOLUTION_FAILURE' } }]);
    }
  });
});

describe('what was read', () => {
  const text = 'query One($first: Int!) { products(first: $first) { nodes { sku } } } query Two { me { id } }';

  test('is found again, by operation, and tells what that costs', () => {
    const one = documents.read(generation, text, 'One');
    if (Array.isArray(one)) throw one[0];
    expect(documents.read(generation, text, 'One')).toBe(one);
    expect(documents.read(generation, text, 'Two')).not.toBe(one);
    expect([one.operation.name?.value, one.costOf({ first: 5 }), one.costOf({ first: 50 })]).toEqual(['One', 6, 51]);
  });

  test('of one generation is not what is found for another', () => {
    const narrower = goldGeneration(goldSdl.replace('emailVerified:', 'hasVerifiedEmail:'));
    const asked = '{ me { emailVerified } }';
    expect(documents.read(generation, asked, undefined)).toHaveProperty('operation');
    expect(documents.read(narrower, asked, undefined)).toMatchObject([
      { extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } },
    ]);
  });

  test('with names of operations that do not exist does not fill the memory', () => {
    for (const name of ['Three', 'One ', '', undefined])
      expect(documents.read(generation, text, name)).toMatchObject([
        { extensions: { code: 'OPERATION_RESOLUTION_FAILURE' } },
      ]);
  });
});

test('the largest document that limits let through is validated in a fraction of a second', () => {
  const { limits } = documentSettings();
  const worst = [
    `{ ${'me { id } '.repeat(limits.maxRootFields)} }`,
    `{ me { ${'id '.repeat(limits.maxSelections - 1)} } }`,
    `{ me { ${'orders(first: 1) { nodes { id } } '.repeat(limits.maxSelections / 3 - 2)} } }`,
    `{ me { ${'...F '.repeat(limits.maxSelections / 2 - 1)} } } fragment F on User { id }`,
    `{ me { ${Array.from({ length: 25 }, (_, n) => `...F${n}`).join(' ')} } } ${Array.from({ length: 25 }, (_, n) => `fragment F${n} on User { ${'id name '.repeat(18)} }`).join(' ')}`,
    Array.from({ length: 300 }, (_, n) => `query Q${n} { ...F }`).join(' ') + ' fragment F on Query { me { id } }',
  ];
  for (const text of worst) {
    const before = process.cpuUsage();
    documentsWith().read(generation, text, undefined);
    expect(process.cpuUsage(before).user / 1_000).toBeLessThan(600);
  }
});
