import { Supergraph } from '@apollo/federation-internals';
import { describe, expect, test } from '@jest/globals';
import { composed, freightSdl, shopSdl } from '../security/access/test/guarded-graph.ts';
import { createAccessRules } from './access-rules.ts';
import { readSupergraph } from './security-features.ts';
import { createStreamRules } from './stream-rules.ts';

const federation = (imports: string) =>
  `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: [${imports}])`;

test('the planner is given a schema without what protects', () => {
  const { servedSdl } = readSupergraph(composed(shopSdl, freightSdl));
  expect(servedSdl).not.toMatch(/for: SECURITY|@authenticated|@requiresScopes|Scope__|__Scope|@policy|__Policy/);
  const supergraph = Supergraph.build(servedSdl);
  expect(supergraph.apiSchema().type('User')).toBeDefined();
});

test('a schema that protects nothing stays as it is', () => {
  const sdl = composed(`${federation('"@key"')} type Query { one: Int }`);
  expect(readSupergraph(sdl)).toMatchObject({
    servedSdl: sdl,
    protecting: { authenticated: undefined, requiresScopes: undefined, policy: undefined },
  });
});

describe('directives that subgraphs call otherwise', () => {
  test.each([
    [
      'by an import',
      composed(
        `${federation('{ name: "@authenticated", as: "@auth" }, { name: "@requiresScopes", as: "@needs" }, "@policy"')}
         type Query { one: Int @auth two: Int @needs(scopes: [["A"]]) three: Int @policy(policies: [["P"]]) four: Int }`,
      ),
    ],
    [
      'by the name of the feature',
      composed(
        `${federation('"@authenticated", "@requiresScopes", "@policy"')}
         type Query { one: Int @authenticated two: Int @requiresScopes(scopes: [["A"]]) three: Int @policy(policies: [["P"]]) four: Int }`,
      )
        .replace(
          '"https://specs.apollo.dev/authenticated/v0.1"',
          '"https://specs.apollo.dev/authenticated/v0.1", as: "mine"',
        )
        .replaceAll('@authenticated', '@mine')
        .replace(
          '"https://specs.apollo.dev/requiresScopes/v0.1"',
          '"https://specs.apollo.dev/requiresScopes/v0.1", as: "needs"',
        )
        .replaceAll('@requiresScopes', '@needs')
        .replaceAll('requiresScopes__Scope', 'needs__Scope'),
    ],
  ])('%s are enforced and taken out all the same', (_how, sdl) => {
    const text = readSupergraph(sdl);
    expect(Supergraph.build(text.servedSdl).apiSchema().toGraphQLJSSchema().getType('needs__Scope')).toBeUndefined();
    expect(text.servedSdl).not.toMatch(/@auth|@mine|@needs|@policy|Scope/);
    const rules = createAccessRules(text);
    expect(rules.ofField('Query', 'one')).toEqual({ isAuthenticated: true, scopes: [], policies: [] });
    expect(rules.ofField('Query', 'two')).toEqual({ isAuthenticated: false, scopes: [[['A']]], policies: [] });
    expect(rules.ofField('Query', 'three')).toEqual({ isAuthenticated: false, scopes: [], policies: [[['P']]] });
    expect(rules.ofField('Query', 'four')).toBeUndefined();
    const streams = createStreamRules(`${sdl}\ndirective @personal on FIELD_DEFINITION`);
    expect(['one', 'two', 'three', 'four'].map((name) => streams.isPersonalField('Query', name))).toEqual([
      true,
      true,
      true,
      false,
    ]);
  });
});

describe('a schema is not served that is protected by', () => {
  const sdl = composed(shopSdl, freightSdl);
  test.each([
    ['what nobody here knows', 'https://example.com/moat/v1.0'],
    ['another version of what is known', 'https://specs.apollo.dev/authenticated/v0.2'],
    ['contexts', 'https://specs.apollo.dev/context/v0.1'],
  ])('%s', (_what, url) => {
    const linked = sdl.replace('{\n  query', `  @link(url: "${url}", for: SECURITY)\n{\n  query`);
    expect(linked).not.toBe(sdl);
    expect(() => readSupergraph(linked)).toThrow(url);
  });
});

test('what is inaccessible is the planner’s to hide', () => {
  const sdl = composed(`${federation('"@inaccessible"')} type Query { one: Int hidden: Int @inaccessible }`);
  const { servedSdl } = readSupergraph(sdl);
  expect(Supergraph.build(servedSdl).apiSchema().toGraphQLJSSchema().getQueryType()!.getFields()).not.toHaveProperty(
    'hidden',
  );
});
