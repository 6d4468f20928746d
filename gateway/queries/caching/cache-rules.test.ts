import { describe, expect, test } from '@jest/globals';
import { Kind, parse, type OperationDefinitionNode } from 'graphql';
import { createCacheRules } from './cache-rules.ts';

const schema = /* GraphQL */ `
  directive @cacheControl(
    maxAge: Int
    scope: Scope
    inheritMaxAge: Boolean
  ) on FIELD_DEFINITION | OBJECT | INTERFACE | UNION
  enum Scope {
    PUBLIC
    PRIVATE
  }
  type Query {
    plain: Int
    count: Int @cacheControl(maxAge: 20)
    product: Product
    unknown: Loose
    pinned: Product @cacheControl(maxAge: 5)
    page: Page @cacheControl(maxAge: 50)
    follower: Page @cacheControl(inheritMaxAge: true)
    named: Named @cacheControl(maxAge: 40)
    anything: Anything
    secret: Int @cacheControl(maxAge: 10, scope: PRIVATE)
  }
  type Mutation {
    change: Product @cacheControl(maxAge: 60)
  }
  type Subscription {
    changed: Product @cacheControl(maxAge: 60)
  }
  interface Named {
    name: String
    nick: String
  }
  type Product implements Named @cacheControl(maxAge: 60) {
    sku: ID!
    name: String
    nick: String @cacheControl(maxAge: 7)
    stock: Stock
    weight: Weight
    place: Stock @cacheControl(inheritMaxAge: true)
    maker: Product @cacheControl(inheritMaxAge: true)
    age: Int @cacheControl(maxAge: 0)
  }
  type Loose implements Named {
    name: String @cacheControl(maxAge: 3)
    nick: String
  }
  type Stock {
    available: Int
  }
  type Weight @cacheControl(inheritMaxAge: true) {
    grams: Int
  }
  type Page {
    nodes: [Product!]! @cacheControl(maxAge: 30)
    info: Info @cacheControl(maxAge: 90, inheritMaxAge: true)
  }
  type Info {
    end: String
  }
  union Anything @cacheControl(maxAge: 8) = Product | Loose
`;
const rules = createCacheRules(schema, () => false);

function maxAgeOf(text: string, from = rules): number {
  const document = parse(text);
  return from.maxAgeOf(
    document,
    document.definitions.find((each) => each.kind === Kind.OPERATION_DEFINITION) as OperationDefinitionNode,
  );
}

describe('an answer may be kept', () => {
  test.each([
    ['for as long as the type says that a field leads to', '{ product { sku name } }', 60],
    ['for as long as its field says, which knows better than the type', '{ pinned { sku } }', 5],
    ['for as long as a leaf says that begins it', '{ count }', 20],
    ['for as long as the least of its parts', '{ product { sku } count page { nodes { sku } } }', 20],
    ['for less where a leaf says so', '{ product { nick } }', 7],
    ['for as long as its parent where the type inherits', '{ product { weight { grams } } }', 60],
    ['for as long as its parent where the field inherits', '{ product { place { available } } }', 60],
    [
      'for as long as the type, which counts more than that a field inherits',
      '{ page { info { end } nodes { maker { sku } } } }',
      30,
    ],
    ['as if a lifetime were not said where it is inherited', '{ page { info { end } } }', 50],
    ['for as long as the least of what an interface may turn out to be', '{ named { name } }', 3],
    ['for as long as the type of a fragment says', '{ named { ... on Product { sku } } }', 40],
    ['for as long as a union says', '{ anything { __typename ... on Product { sku } } }', 8],
    [
      'through fragments, aliases and conditions',
      'query ($a: Boolean!) { p: product { ...F } } fragment F on Product { x: nick @skip(if: $a) ...F }',
      7,
    ],
  ])('%s', (_what, text, seconds) => {
    expect(maxAgeOf(text)).toBe(seconds);
  });
});

describe('an answer is not kept', () => {
  test.each([
    ['that begins with a leaf of which nothing is said', '{ plain }'],
    ['with an object of which nothing is said', '{ unknown { name } }'],
    ['with such an object deep inside', '{ product { sku stock { available } } }'],
    ['with a part that is always new', '{ product { sku age } }'],
    ['that would inherit from nothing', '{ follower { info { end } } }'],
    ['that is for one caller only', '{ secret }'],
    ['about the schema', '{ __schema { types { name } } }'],
    ['about nothing but types', '{ __typename }'],
    ['with what nobody knows', '{ product { sku nonsense } }'],
    ['with a fragment that nobody knows', '{ product { sku ...F } }'],
    ['to a mutation', 'mutation { change { sku } }'],
    ['to a subscription', 'subscription { changed { sku } }'],
  ])('%s', (_what, text) => {
    expect(maxAgeOf(text)).toBe(0);
  });

  test('that may depend on who asks, whatever the schema says', () => {
    expect(
      maxAgeOf(
        '{ product { sku } }',
        createCacheRules(schema, () => true),
      ),
    ).toBe(0);
  });

  test('of a supergraph that says nothing of it', () => {
    const silent = createCacheRules('type Query { a: Int b: B } type B { c: Int }', () => false);
    expect(maxAgeOf('{ a b { c } }', silent)).toBe(0);
  });
});

describe('what a subgraph is asked', () => {
  test.each([
    ['by reference is kept for as long as its type says', '... on Product { sku name }', 60],
    ['by reference of several types, as the least of them', '... on Product { sku } ... on Loose { name }', 0],
    ['by reference, as the least of its parts', '... on Product { stock { available } }', 0],
  ])('%s', (_what, selection, seconds) => {
    const text = `query Q($representations: [_Any!]!) { _entities(representations: $representations) { ${selection} } }`;
    expect(rules.maxAgeOfSubgraphText(text)).toBe(seconds);
  });

  test('from the root is judged as what clients ask', () => {
    expect(rules.maxAgeOfSubgraphText('{ product { sku } }')).toBe(60);
    expect(rules.maxAgeOfSubgraphText('mutation { change { sku } }')).toBe(0);
  });
});
