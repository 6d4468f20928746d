import { describe, expect, test } from '@jest/globals';
import { composed, freightSdl, guardedGraph, shopSdl } from '../security/access/test/guarded-graph.ts';
import { allOf, described, isMet } from './access-rule.ts';
import { createAccessRules } from './access-rules.ts';
import { describeAccess } from './describe-access.ts';
import { readSupergraph } from './security-features.ts';

const graph = guardedGraph(shopSdl, freightSdl);
const { rules } = graph;
const textOf = (type: string, field: string) => {
  const rule = rules.ofField(type, field);
  return rule ? described(rule) : 'Everybody.';
};

describe('to see a field', () => {
  test.each([
    ['Query', 'open', 'Everybody.'],
    ['Query', 'inside', 'Requires: signed in.'],
    ['Query', 'scoped', 'Requires: scope `REQUEST_QUOTES` and `PLACE_ORDERS`, or `READ_ALL_ORDERS`.'],
    ['Query', 'policed', 'Requires: policy `OPERATOR`.'],
    ['User', 'id', 'Requires: signed in.'],
    ['User', 'email', 'Requires: signed in; scope `READ_CUSTOMERS`.'],
    ['User', 'parcels', 'Requires: signed in.'],
    ['Query', 'me', 'Requires: signed in.'],
    ['Item', 'grade', 'Requires: signed in.'],
    ['Item', 'shipping', 'Requires: scope `MANAGE_PRICING_RULES`.'],
    ['Thing', 'name', 'Everybody.'],
    ['Thing', 'rating', 'Requires: scope `ADJUST_STOCK`.'],
    ['Voucher', 'rating', 'Everybody.'],
    ['Query', 'anything', 'Everybody.'],
    ['User', '__typename', 'Requires: signed in.'],
    ['Query', '__schema', 'Everybody.'],
  ])('%s.%s it takes what it, its type and what it leads to are marked with', (type, field, expected) => {
    expect(textOf(type, field)).toBe(expected);
  });

  test.each([
    ['a field', 'User', 'nonsense'],
    ['a type', 'Nonsense', 'id'],
  ])('nobody can have enough for %s that there is not', (_what, type, field) => {
    const rights = { isSignedIn: true, scopes: new Set(['A']), policies: new Set(['ADMIN']) };
    expect(isMet(rules.ofField(type, field)!, rights)).toBe(false);
  });
});

test('what several subgraphs ask for is asked for together', () => {
  const head =
    'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@shareable", "@requiresScopes", "@authenticated"])';
  const one = `${head} type Query { both: Int @shareable @requiresScopes(scopes: [["A"], ["B"]]) }`;
  const other = `${head} type Query { both: Int @shareable @requiresScopes(scopes: [["C"]]) @authenticated }`;
  const rule = createAccessRules(readSupergraph(composed(one, other))).ofField('Query', 'both')!;
  const may = (...scopes: string[]) => isMet(rule, { isSignedIn: true, scopes: new Set(scopes), policies: new Set() });
  expect([may('A', 'C'), may('B', 'C'), may('A', 'B'), may('C')]).toEqual([true, true, false, false]);
});

test('a supergraph of an older composition is no less strict', () => {
  // It had the marks of the types only, let an interface be marked by itself, and did not look at what is required.
  const older = guardedGraph(shopSdl, freightSdl)
    .supergraphSdl.replace(/(interface Thing[^}]*rating: Int).*/, '$1')
    .replace(/(shipping: Int .*) @requiresScopes.*/, '$1');
  const olderRules = createAccessRules(readSupergraph(older));
  expect(described(olderRules.ofField('Thing', 'rating')!)).toBe('Requires: scope `ADJUST_STOCK`.');
  expect(described(olderRules.ofField('Item', 'shipping')!)).toBe('Requires: scope `MANAGE_PRICING_RULES`.');
});

test('no alternative at all asks for nothing, an empty one too', () => {
  expect(allOf([undefined, { isAuthenticated: false, scopes: [], policies: [] }])).toBeUndefined();
  const anybody = { isSignedIn: false, scopes: new Set<string>(), policies: new Set<string>() };
  expect(isMet({ isAuthenticated: false, scopes: [[[]]], policies: [] }, anybody)).toBe(true);
});

test('clients read in the schema what it takes', () => {
  const { schema } = guardedGraph(shopSdl, freightSdl);
  schema.getQueryType()!.getFields().inside!.description = 'What is inside.';
  describeAccess(schema, rules);
  const otherwise = 'Otherwise refused with `UNAUTHORIZED_FIELD_OR_TYPE`.';
  const descriptionOf = (type: string, field?: string) => {
    const named = schema.getType(type)!;
    return field && 'getFields' in named ? named.getFields()[field]!.description : named.description;
  };
  expect(descriptionOf('Query', 'inside')).toBe(`What is inside.\n\nRequires: signed in. ${otherwise}`);
  expect(descriptionOf('User')).toBe(`Requires: signed in. ${otherwise}`);
  expect(descriptionOf('User', 'name')).toBeUndefined();
  expect(descriptionOf('User', 'email')).toBe(`Requires: signed in; scope \`READ_CUSTOMERS\`. ${otherwise}`);
  expect(descriptionOf('Query', 'open')).toBeUndefined();
  expect(descriptionOf('Grade')).toBe(`Requires: signed in. ${otherwise}`);
});
