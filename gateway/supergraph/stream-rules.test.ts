import { composeServices } from '@apollo/composition';
import { describe, expect, test } from '@jest/globals';
import { Kind, parse, type OperationDefinitionNode } from 'graphql';
import { createStreamRules, type StreamRules } from './stream-rules.ts';

const marks = `
  extend schema
    @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@external", "@requires", "@authenticated", "@requiresScopes", "@policy", "@composeDirective"])
    @link(url: "https://specs.gold-supergraph.example/streams/v1.0", import: ["@personal", "@conflatable"])
    @composeDirective(name: "@personal")
    @composeDirective(name: "@conflatable")
  directive @personal on FIELD_DEFINITION | OBJECT
  directive @conflatable on FIELD_DEFINITION
`;
const shop = `${marks}
  type Query {
    latest: Sale
    me: User
    mine: Int @personal
    anything: Anything
    thing: Thing
    insider: Insider
    inside: Int @authenticated
    scoped: Int @requiresScopes(scopes: [["a"]])
    policed: Int @policy(policies: [["a"]])
  }
  type Mutation { sell: Sale }
  type Subscription {
    sold: Sale @conflatable
    bought: Sale
  }
  type Sale { item: Item by: User }
  interface Named { name: String nick: String }
  type Item implements Named & Thing @key(fields: "sku") { sku: ID! name: String nick: String secret: Int @personal weight: Int color: String }
  type Shelf implements Named & Thing { sku: ID! name: String @personal nick: String }
  interface Thing { sku: ID! }
  type User implements Named @personal { name: String nick: String }
  union Anything = Item | User
  scalar Insider @authenticated
`;
const freight = `${marks}
  type Item @key(fields: "sku") {
    sku: ID!
    secret: Int @external
    weight: Int @external
    shipping: Int @requires(fields: "weight")
    discount: Int @requires(fields: "secret")
  }
`;

function rulesOf(...sdl: string[]): StreamRules {
  const services = sdl.map((text, index) => ({ name: `s${index}`, url: 'http://s', typeDefs: parse(text) }));
  const { supergraphSdl, errors } = composeServices(services);
  if (!supergraphSdl) throw new Error(String(errors));
  return createStreamRules(supergraphSdl);
}

const rules = rulesOf(shop, freight);

function isPersonal(text: string, operationName?: string): boolean {
  const document = parse(text);
  const operations = document.definitions.filter(
    (each): each is OperationDefinitionNode => each.kind === Kind.OPERATION_DEFINITION,
  );
  return rules.isPersonal(document, operations.find(({ name }) => name?.value === operationName) ?? operations[0]!);
}

describe('an operation', () => {
  test.each([
    ['of public fields', 'subscription { sold { item { sku name } } }'],
    [
      'with aliases, fragments and arguments of directives',
      'subscription ($a: Boolean!) { a: sold @include(if: $a) { ...F } } fragment F on Sale { b: item { __typename ... on Item { sku } ...G } } fragment G on Item { weight }',
    ],
    [
      'of an interface none of whose types keeps the field for itself',
      '{ thing { __typename sku ... on Item { name } } }',
    ],
    ['that requires what is public', '{ latest { item { shipping } } }'],
    [
      'that the gateway makes of public fields for a subgraph',
      'query ($r: [_Any!]!) { _entities(representations: $r) { ... on Item { sku name } } }',
    ],
    ['about the schema', '{ __typename __schema { types { name fields { name } } } __type(name: "User") { name } }'],
  ])('%s is the same for everybody', (_what, text) => {
    expect(isPersonal(text)).toBe(false);
  });

  test.each([
    ['a marked field', '{ mine }'],
    ['a marked field under an alias', '{ sku: latest { sku: item { sku: secret } } }'],
    ['a field of a marked type', 'subscription { sold { by { name } } }'],
    ['whether there is something of a marked type', 'subscription { sold { by { __typename } } }'],
    [
      'a marked field in a fragment of a fragment',
      'subscription { sold { ...F } } fragment F on Sale { ...G } fragment G on Sale { item { ... on Item { secret } } }',
    ],
    ['a marked field, if asked to', 'query ($a: Boolean!) { latest { item { secret @include(if: $a) } } }'],
    ['a field of an interface that a type of it keeps for itself', '{ thing { ... on Named { name } } }'],
    ['a union that a marked type belongs to', '{ anything { __typename } }'],
    ['what requires a marked field', '{ latest { item { discount } } }'],
    ['what only who is signed in may see', '{ inside }'],
    ['what scopes are needed for', '{ scoped }'],
    ['what policies are needed for', '{ policed }'],
    ['a value of a protected type', '{ insider }'],
    [
      'what is marked to the gateway',
      'query ($r: [_Any!]!) { _entities(representations: $r) { ... on Item { sku secret } } }',
    ],
    ['what nobody knows', '{ latest { nonsense } }'],
    ['a fragment that nobody knows', '{ latest { ...F } }'],
  ])('that tells %s is personal', (_what, text) => {
    expect(isPersonal(text)).toBe(true);
  });

  test('is judged by itself, whatever else its document has', () => {
    const text =
      'query A { latest { item { ...F } } } query B { mine ...G } fragment F on Item { sku } fragment G on Query { me { name } }';
    expect([isPersonal(text, 'A'), isPersonal(text, 'B')]).toEqual([false, true]);
  });

  test('that changes something is personal', () => {
    expect(isPersonal('mutation { sell { item { sku } } }')).toBe(true);
  });
});

test('the newest event stands for all only where the schema says so', () => {
  expect(['sold', 'bought', 'nonsense'].map(rules.isConflatable)).toEqual([true, false, false]);
});

test('nothing is shared of a supergraph that does not know the mark: nobody has said what may be', () => {
  const isShared = (definitions: string) => {
    const document = parse('subscription { b }');
    const operation = document.definitions[0] as OperationDefinitionNode;
    const sdl = `type Query { a: Int } type Subscription { b: Int } ${definitions}`;
    return !createStreamRules(sdl).isPersonal(document, operation);
  };
  expect([isShared(''), isShared('directive @personal on FIELD_DEFINITION')]).toEqual([false, true]);
  const plain = rulesOf('type Query { a: Int } type Subscription { b: Int }');
  expect(plain.isConflatable('b')).toBe(false);
});
