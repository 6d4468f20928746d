import { readFileSync } from 'node:fs';
import { composeServices } from '@apollo/composition';
import { Supergraph } from '@apollo/federation-internals';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { extendSchema, isObjectType, Kind, parse, validate, type GraphQLSchema } from 'graphql';
import { fetchesOf } from '../../queries/compiled/plan-fetches.ts';
import { subgraphOperationOf } from '../../queries/compiled/subgraph-operation.ts';
import { createGeneration } from '../../supergraph/generation.ts';
import { readSupergraph } from '../../supergraph/security-features.ts';
import { createSubscriptionPreparer } from './prepare-subscription.ts';
import { shaped, shapedErrors } from './response-shape.ts';
import { createSubscriptionPlanner } from './subscription-plan.ts';
import { executeImagined } from './test/imagined-graph.ts';
import { randomOf, randomOperation } from './test/random-operation.ts';
import { createUnsafeFields } from './unsafe-fields.ts';

const sdl = readFileSync(new URL('../../supergraph.graphql', import.meta.url), 'utf8');
const generation = createGeneration(sdl, ({ name, url = '' }) => ({
  name,
  url,
  fetch: undefined!,
}));
const subgraphs = Supergraph.build(readSupergraph(sdl).servedSdl).subgraphs();
const planner = createSubscriptionPlanner(generation);
const preparer = createSubscriptionPreparer(generation, createUnsafeFields());

const prepare = (text: string, variables: Record<string, unknown> = {}) => {
  const document = parse(text);
  const operation = document.definitions.find((each) => each.kind === Kind.OPERATION_DEFINITION)!;
  expect(validate(generation.apiSchema, document)).toEqual([]);
  return preparer.prepare(planner.plan(document, operation), variables);
};
const price = (after: string, more = '') => `priceUpdated(symbol: "XAU-USD"${after}) { bid ${more} }`;

describe('behind what a client resumes is not part of what it shares', () => {
  const plain = prepare(`subscription { ${price('')} }`);
  test.each([
    ['a literal', 'subscription { $ }', ', after: "7"', {}, '7'],
    ['a number', 'subscription { $ }', ', after: 7', {}, '7'],
    ['a variable', 'subscription($after: BigInt) { $ }', ', after: $after', { after: '7' }, '7'],
    ['a variable that is a number', 'subscription($after: BigInt) { $ }', ', after: $after', { after: 7 }, '7'],
    ['the default of a variable', 'subscription($after: BigInt = "7") { $ }', ', after: $after', {}, '7'],
    [
      'null in spite of a default',
      'subscription($after: BigInt = "7") { $ }',
      ', after: $after',
      { after: null },
      undefined,
    ],
    ['nothing', 'subscription($after: BigInt) { $ }', ', after: $after', {}, undefined],
    ['null', 'subscription { $ }', ', after: null', {}, undefined],
  ])('%s', (_, text, argument, variables, after) => {
    const resumed = prepare(text.replace('$ ', `${price(argument)} `), variables);
    expect(resumed.after).toBe(after);
    expect(resumed.prepared.text).toBe(plain.prepared.text);
    expect(resumed.prepared.upstream.text).toBe(plain.prepared.upstream.text);
  });

  test('in a fragment too', () => {
    const inFragment = `subscription($a: BigInt) { ...F } fragment F on Subscription { ${price(', after: $a')} }`;
    const resumed = prepare(inFragment, { a: '7' });
    expect(resumed.after).toBe('7');
    expect(resumed.prepared.upstream.text).toBe(plain.prepared.upstream.text);
  });

  test('and can be prepared again without it, although its variable must not be null', () => {
    const document = parse('subscription($s: ID!, $a: BigInt!) { priceUpdated(symbol: $s, after: $a) { bid } }');
    const plan = planner.plan(document, document.definitions[0] as never);
    const { prepared } = preparer.prepare(plan, { s: 'XAU-USD', a: '7' });
    expect(preparer.prepareAgain(plan, prepared.variables)).toBe(prepared);
  });

  test('but a variable that is used elsewhere as well keeps its value there', () => {
    const sales =
      'type Query { a: Int } type Subscription { sold(after: String): Sale } type Sale { note(of: String): String }';
    const { supergraphSdl } = composeServices([{ name: 'sales', url: 'http://sales', typeDefs: parse(sales) }]);
    const small = createGeneration(supergraphSdl!, ({ name, url = '' }) => ({
      name,
      url,
      fetch: undefined!,
    }));
    const prepareSmall = (text: string) => {
      const document = parse(text);
      const plan = createSubscriptionPlanner(small).plan(document, document.definitions[0] as never);
      return createSubscriptionPreparer(small, createUnsafeFields()).prepare(plan, { a: '7' });
    };
    const { after, prepared } = prepareSmall(
      'subscription($a: String) { sold(after: $a) { ...F } } fragment F on Sale { note(of: $a) }',
    );
    const literal = prepareSmall('subscription { sold { note(of: "7") } }');
    expect([after, literal.after]).toEqual(['7', undefined]);
    expect(prepared.upstream.text).toBe(literal.prepared.upstream.text);
  });
});

test('what a client sends in the place of a scalar never becomes part of what a subgraph is asked', () => {
  const text = `subscription($symbol: ID!, $after: BigInt) { priceUpdated(symbol: $symbol, after: $after) { bid } }`;
  const hostile = { '"){bid}x:me{email}#': 1 };
  const { after, prepared } = prepare(text, { symbol: 'XAU-USD', after: hostile });
  expect(prepared.upstream.textBehind(after)).toContain('(after: "[object Object]",symbol: "XAU-USD")');
  expect(() => prepare(text, { symbol: hostile })).toThrow('Variable "$symbol" got invalid value');
});

test('variables that do not fit are refused', () => {
  expect(() => prepare('subscription($s: ID!) { priceUpdated(symbol: $s) { bid } }')).toThrow('was not provided');
});

test('the same operation with the same values is prepared once', () => {
  const document = parse('subscription($s: ID!, $after: BigInt) { priceUpdated(symbol: $s, after: $after) { bid } }');
  const plan = planner.plan(document, document.definitions[0] as never);
  const prepared = ['1', '2'].map((after) => preparer.prepare(plan, { after, s: 'XAU-USD' }).prepared);
  expect(prepared[0]).toBe(prepared[1]);
});

describe('any subscription that clients can write', () => {
  /** What all subgraphs say together, with the way by which the gateway asks for entities. */
  const everything = withEntities(generation.supergraphSchema);
  const schemas = new Map([...subgraphs].map(({ name, schema }) => [name, schema.toGraphQLJSSchema()]));
  const fields = Object.values(generation.apiSchema.getSubscriptionType()!.getFields());

  test('is asked of the subgraphs in words that they understand, and answered as it was planned', () => {
    fc.assert(
      fc.property(fc.gen(), fc.nat(), fc.boolean(), (next, seed, fails) => {
        const random = randomOf(fc, next);
        const field = fields[random(fields.length)]!;
        const { text, variables } = randomOperation(
          generation.apiSchema,
          { keyword: 'subscription', field, leaveOut: ['after'] },
          random,
        );
        fc.pre(validate(generation.apiSchema, parse(text)).length === 0);
        const { prepared } = prepare(text, variables);
        const { upstream, plan } = prepared;
        expect(validate(schemas.get(plan.serviceName)!, parse(upstream.text))).toEqual([]);
        expectSame({ planned: plan.upstream.operation, ...upstream }, { variables, seed, fails });
        for (const { node } of fetchesOf(plan.eventPlan).slice(1)) {
          const asked = subgraphOperationOf(node, generation);
          const { operation, shape } = prepared.fetch(asked);
          expect(validate(schemas.get(operation.subgraph)!, parse(operation.text))).toEqual([]);
          expectSame({ planned: asked.text, text: operation.text, shape }, { variables, seed, fails });
        }
      }),
      { numRuns: 100 },
    );
  });

  function expectSame(
    { planned, text, shape }: { planned: string; text: string; shape: Parameters<typeof shaped>[1] },
    { variables, seed, fails }: { variables: Record<string, unknown>; seed: number; fails: boolean },
  ): void {
    const types = [...planned.matchAll(/\.\.\. on (\w+)/g)].map(([, name]) => name!);
    const objects = types.filter((name) => isObjectType(everything.getType(name)));
    const representations = objects.map((__typename, index) => ({ __typename, name: `${index}` }));
    const given = { ...variables, representations };
    const wanted = executeImagined(everything, planned, { variables: given, seed, fails });
    const answer = executeImagined(everything, text, { variables: { representations }, seed, fails });
    expect(JSON.stringify(answer.data && shaped(answer.data, shape))).toBe(JSON.stringify(wanted.data));
    const told = shapedErrors(answer.errors ?? [], shape, answer.data);
    expect(told.map(({ path }) => `${path}`).toSorted()).toEqual(
      (wanted.errors ?? []).map(({ path }) => `${path}`).toSorted(),
    );
  }
});

function withEntities(schema: GraphQLSchema): GraphQLSchema {
  const members = Object.values(schema.getTypeMap()).filter(
    (type) => isObjectType(type) && !type.name.startsWith('__'),
  );
  const roots = new Set(['Query', 'Mutation', 'Subscription']);
  const names = members.map(({ name }) => name).filter((name) => !roots.has(name));
  const entities = `scalar _Any union _Entity = ${names.join(' | ')} extend type Query { _entities(representations: [_Any!]!): [_Entity]! }`;
  return extendSchema(schema, parse(entities));
}
