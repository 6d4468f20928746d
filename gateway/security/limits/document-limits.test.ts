import { getIntrospectionQuery, GraphQLError, parse } from 'graphql';
import { describe, expect, test } from '@jest/globals';
import { createDocumentLimits, type DocumentLimits } from './document-limits.ts';

const generous = { maxDepth: 20, maxSelections: 2_000, maxRootFields: 50, maxAliases: 100, maxDirectives: 100 };

function codesOf(text: string, limits: Partial<DocumentLimits> = {}): unknown[] {
  return createDocumentLimits({ ...generous, ...limits })(parse(text)).map(({ extensions }) => extensions.code);
}

const times = (number: number, text: (index: number) => string) =>
  Array.from({ length: number }, (_, index) => text(index)).join(' ');
const nested = (levels: number) => `${'{ a '.repeat(levels)}${'}'.repeat(levels)}`;

describe('a document', () => {
  test.each<[what: string, limit: keyof DocumentLimits, code: string, text: (size: number) => string]>([
    ['levels of fields', 'maxDepth', 'TOO_DEEP', nested],
    [
      'levels of fields, some in fragments',
      'maxDepth',
      'TOO_DEEP',
      (size) => `{ a { ... { ...F } } } fragment F on T ${nested(size - 1)}`,
    ],
    ['fields', 'maxSelections', 'TOO_MANY_SELECTIONS', (size) => `{ ${times(size, (index) => `f${index}`)} }`],
    [
      'fields and fragments of several operations',
      'maxSelections',
      'TOO_MANY_SELECTIONS',
      (size) => `query A { ...F } query B { ... { b } } fragment F on T { ${times(size - 3, () => 'a')} }`,
    ],
    [
      'fields of fragments that nobody uses',
      'maxSelections',
      'TOO_MANY_SELECTIONS',
      (size) => `{ a } fragment F on T { ${times(size - 1, () => 'a')} }`,
    ],
    ['root fields', 'maxRootFields', 'TOO_MANY_ROOT_FIELDS', (size) => `{ ${times(size, () => 'a { b c }')} }`],
    [
      'root fields in fragments',
      'maxRootFields',
      'TOO_MANY_ROOT_FIELDS',
      (size) => `{ a ...F ... { b } } fragment F on T { ${times(size - 2, () => 'a { b }')} }`,
    ],
    ['aliases', 'maxAliases', 'TOO_MANY_ALIASES', (size) => `{ a { ${times(size, (index) => `a${index}: a`)} } }`],
    [
      'aliases of a fragment that is spread twice',
      'maxAliases',
      'TOO_MANY_ALIASES',
      (size) =>
        `{ ${times(size % 2, () => 'x: a')} ...F ...F } fragment F on T { ${times((size - (size % 2)) / 2, () => 'x: a')} }`,
    ],
    ['directives', 'maxDirectives', 'TOO_MANY_DIRECTIVES', (size) => `{ a ${times(size, () => '@d')} }`],
    [
      'directives wherever they may stand',
      'maxDirectives',
      'TOO_MANY_DIRECTIVES',
      (size) =>
        `query ($v: Int @d) @d { ...F @d ... @d { a } } fragment F on T @d { a ${times(size - 5, () => '@d')} }`,
    ],
  ])('may have so many %s and not one more', (_what, limit, code, text) => {
    for (const size of [10, 11]) {
      expect(codesOf(text(size), { [limit]: size })).toEqual([]);
      expect(codesOf(text(size + 1), { [limit]: size })).toEqual([code]);
    }
  });

  test('is told which limit it is over, and where', () => {
    const [error] = createDocumentLimits({ ...generous, maxAliases: 1 })(parse('query Q {\n a: x b: x }'));
    expect(error).toBeInstanceOf(GraphQLError);
    expect(error?.toJSON()).toEqual({
      message: 'Too many aliases: 1 at most',
      locations: [{ line: 1, column: 1 }],
      extensions: { code: 'TOO_MANY_ALIASES', retryable: false, limit: 1 },
    });
  });

  test('is told everything that is wrong with it, each once', () => {
    const text = times(2, (index) => `query Q${index} @d @d { a: b { c } b: c }`);
    const codes = codesOf(text, { maxDepth: 1, maxSelections: 2, maxRootFields: 1, maxAliases: 1, maxDirectives: 1 });
    expect(codes.toSorted()).toEqual([
      'TOO_DEEP',
      'TOO_MANY_ALIASES',
      'TOO_MANY_DIRECTIVES',
      'TOO_MANY_ROOT_FIELDS',
      'TOO_MANY_SELECTIONS',
    ]);
  });

  test.each([
    [
      'doubles itself with every fragment',
      (count: number) => times(count, (n) => `fragment F${n} on T { ...F${n + 1} ...F${n + 1} }`),
    ],
    ['leads to itself', (count: number) => times(count, (n) => `fragment F${n} on T { a ...F${n + 1} ...F0 }`)],
  ])('that %s is judged in no time', (_what, fragments) => {
    const document = parse(`{ ...F0 } ${fragments(1_500)} fragment F1500 on T { a }`);
    const before = process.cpuUsage();
    const errors = createDocumentLimits(generous)(document);
    expect(process.cpuUsage(before).user / 1_000).toBeLessThan(300);
    expect(errors.map(({ extensions }) => extensions.code)).toEqual(
      expect.arrayContaining(['TOO_DEEP', 'TOO_MANY_SELECTIONS']),
    );
  });

  test('may ask for the whole schema as GraphiQL and Sandbox do, however few levels of fields are allowed', () => {
    const text = getIntrospectionQuery({ descriptions: true, inputValueDeprecation: true, specifiedByUrl: true });
    expect(codesOf(text)).toEqual([]);
    expect(codesOf(text, { maxDepth: 1 })).toEqual([]);
  });
});
