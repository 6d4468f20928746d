import { describe, expect, test } from '@jest/globals';
import { buildSchema, parse } from 'graphql';
import { createAccessRules } from '../supergraph/access-rules.ts';
import type { ApiSchema } from '../supergraph/api-schema.ts';
import { readSupergraph } from '../supergraph/security-features.ts';
import { findSchemaChanges, type ChangeImpact } from './schema-changes.ts';

const before = `
  directive @slow on FIELD
  type Query {
    price(symbol: ID!, at: String, unit: Unit = GRAM): Price
    search(where: Where): [Found!]!
    owned: Owned
    retired: Int
  }
  enum Unit { GRAM OUNCE }
  enum Order { ASC DESC }
  input Where { text: String status: Status nested: Nested }
  input Nested { order: Order }
  enum Status { OPEN CLOSED }
  type Price implements Owned { owner: String! bid: String! ask: String source: Source }
  type Source { name: String }
  union Found = Price | Source
  interface Owned { owner: String }
`;

const documents = [
  'query Spot($symbol: ID!) { price(symbol: $symbol) { bid } }',
  'query InUnit { price(symbol: "A", unit: OUNCE) { bid } }',
  'query Search($where: Where) { search(where: $where) { ... on Source { name } } }',
  'query Owner { owned { owner } }',
].map((text) => ({ title: /query (\w+)/.exec(text)![1]!, document: parse(text) }));

const security = 'extend schema @link(url: "https://specs.apollo.dev/authenticated/v0.1", for: SECURITY)';
const protecting = `directive @authenticated on FIELD_DEFINITION | OBJECT
  directive @link(url: String, for: String) repeatable on SCHEMA`;

/** A schema as clients see it, with what it says of who may see what. */
function apiSchema(text: string): ApiSchema {
  const access = createAccessRules(readSupergraph(`${security} ${protecting} ${text}`));
  return { schema: buildSchema(text.replaceAll(' @authenticated', '')), access };
}

/** The changes that come of replacing texts in the schema, without their messages. */
async function changesOf(...replacements: [string, string][]): Promise<[ChangeImpact, string[]][]> {
  let text = before;
  for (const [old, replacement] of replacements) {
    expect(text).toContain(old);
    text = text.replace(old, replacement);
  }
  const changes = await findSchemaChanges({ before: apiSchema(before), after: apiSchema(text), documents });
  return changes.map(({ impact, usedBy }) => [impact, usedBy]);
}

describe('a change of the schema is', () => {
  test.each<[string, [string, string], string[]]>([
    ['removes a field that is asked for', ['bid: String! ', ''], ['Spot', 'InUnit']],
    ['makes a field nullable that is asked for', ['bid: String!', 'bid: String'], ['Spot', 'InUnit']],
    ['makes a field nullable that is asked for through an interface', ['owner: String!', 'owner: String'], ['Owner']],
    ['removes an argument that is given', [', unit: Unit = GRAM', ''], ['InUnit']],
    [
      'requires a new argument of a field that is asked for',
      ['at: String', 'at: String, side: ID!'],
      ['Spot', 'InUnit'],
    ],
    ['requires an argument that was optional', ['at: String', 'at: String!'], ['Spot', 'InUnit']],
    ['removes a value of an enum that is sent', ['enum Unit { GRAM OUNCE }', 'enum Unit { GRAM }'], ['InUnit']],
    ['removes a field of what a variable may contain', ['text: String ', ''], ['Search']],
    ['requires a new field of what a variable may contain', ['text: String', 'text: String by: ID!'], ['Search']],
    ['removes a value of an enum deep in a variable', ['enum Order { ASC DESC }', 'enum Order { ASC }'], ['Search']],
    [
      'removes a type from a union that is asked for',
      ['union Found = Price | Source', 'union Found = Source'],
      ['Search'],
    ],
  ])('breaking when it %s', async (_what, replacement, usedBy) => {
    const breaking = (await changesOf(replacement)).filter(([impact]) => impact === 'breaking');
    expect(new Set(breaking.flatMap(([, titles]) => titles))).toEqual(new Set(usedBy));
  });

  test.each<[string, [string, string]]>([
    ['removes a field that nobody asks for', ['retired: Int', '']],
    ['removes an argument that nobody gives', ['at: String, ', '']],
    ['changes the type of an argument that nobody gives', ['at: String', 'at: Int']],
    ['removes a directive that nobody uses', ['directive @slow on FIELD', '']],
  ])('breaking but unused when it %s', async (_what, replacement) => {
    expect(await changesOf(replacement)).toEqual([['unused', []]]);
  });

  test.each<[string, [string, string]]>([
    ['adds a value to an enum', ['GRAM OUNCE', 'GRAM OUNCE TOLA']],
    ['adds a type to a union', ['| Source', '| Source | Query']],
    ['adds an argument that may be left out', ['at: String', 'at: String, side: ID']],
    ['changes a default', ['= GRAM', '= OUNCE']],
  ])('dangerous when it %s', async (_what, replacement) => {
    expect(await changesOf(replacement)).toEqual([['dangerous', []]]);
  });

  test('dangerous when others may see something than before, for those who ask for it', async () => {
    expect(await changesOf(['ask: String', 'ask: String @authenticated'])).toEqual([['dangerous', []]]);
    expect(await changesOf(['bid: String!', 'bid: String! @authenticated'])).toEqual([
      ['dangerous', ['Spot', 'InUnit']],
    ]);
    expect(await changesOf(['type Source', 'type Source @authenticated'])).toEqual([['dangerous', ['Search']]]);
  });

  test.each<[string, [string, string]]>([
    ['adds a field', ['retired: Int', 'retired: Int another: Int']],
    ['makes a field non-null', ['ask: String', 'ask: String!']],
    ['deprecates a field', ['retired: Int', 'retired: Int @deprecated(reason: "unused")']],
  ])('safe when it %s', async (_what, replacement) => {
    for (const [impact] of await changesOf(replacement)) expect(impact).toBe('safe');
  });

  test('told with the worst first', async () => {
    const changes = await changesOf(['bid: String! ', ''], ['retired: Int', 'another: Int'], ['= GRAM', '= OUNCE']);
    expect(changes.map(([impact]) => impact)).toEqual(['breaking', 'unused', 'dangerous', 'safe']);
  });

  test('not held against documents that were not served before', async () => {
    const [late] = await findSchemaChanges({
      before: apiSchema(before),
      after: apiSchema(before.replace('retired: Int', '')),
      documents: [{ title: 'Late', document: parse('query Late { retired later }') }],
    });
    expect(late).toMatchObject({ impact: 'unused', usedBy: [] });
  });
});
