import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { Supergraph } from '@apollo/federation-internals';
import {
  buildASTSchema,
  Kind,
  OperationTypeNode,
  parse,
  validate,
  type GraphQLSchema,
  type OperationDefinitionNode,
} from 'graphql';
import { describe, expect, test } from '@jest/globals';
import { randomOf, randomOperation } from '../../subscriptions/plans/test/random-operation.ts';
import { readSupergraph } from '../../supergraph/security-features.ts';
import { createCostRules } from './operation-cost.ts';
import { costOfAnswer } from './test/counted-answer.ts';
import { plainCost } from './test/plain-cost.ts';
import { weightedGraph, weightedSchema } from './test/weighted-graph.ts';

const rules = createCostRules(weightedGraph);

function operationIn(text: string) {
  const document = parse(text);
  const operation = document.definitions.find(
    ({ kind }) => kind === Kind.OPERATION_DEFINITION,
  ) as OperationDefinitionNode;
  return { document, operation };
}

function costOf(text: string, variables: Record<string, unknown> = {}): number {
  const { document, operation } = operationIn(text);
  expect(validate(weightedSchema, document)).toEqual([]);
  return rules.of(document, operation).costOf(variables);
}

describe('the cost of an operation', () => {
  test.each([
    [
      'an object costs one, its plain fields nothing',
      '{ item(id: 1) { __typename self { self { __typename } } } }',
      2 + 1 + 3 + 3,
    ],
    ['a type may have a weight', '{ shop { name } }', 3],
    ['a field may have a weight, which counts instead of its type’s', '{ secret { text } }', 7],
    [
      'so may a scalar, an enum and a plain field',
      '{ item(id: 1) { name weight } shop { flags } }',
      2 + 1 + 1 + 6 + 3 + 10 * 2,
    ],
    [
      'what may be several types costs as much as the dearest',
      '{ any { __typename } named { name } }',
      9 + 10 * (3 + 1),
    ],
    [
      'a list of which nothing is said counts ten times, in a list of its own too',
      '{ shop { grid { shop { name } } } }',
      3 + 100 * (1 + 3),
    ],
    ['a list counts as often as is assumed of it', '{ shop { staff { shop { name } } } }', 3 + 4 * (1 + 3)],
    ['a list counts as often as its slicing argument says', '{ shops(first: 5) { name } }', 5 * 3],
    ['the larger one where there are two', '{ shops(first: 5, last: 6) { name } }', 6 * 3],
    ['and as its default says where it is left out', '{ shops { name } }', 3 * 3],
    ['no list is shorter than empty', '{ shops(first: -5) { name } }', 0],
    [
      'the lists of a connection are as long as its slicing argument says',
      '{ items(first: 7) { nodes { weight } keys total } }',
      1 + 7 * (1 + 6) + 2,
    ],
    ['and its other lists are not', '{ items(first: 7) { pages { __typename } } }', 1 + 10],
    [
      'a list of an interface is as long as the longest of what it may turn out to be',
      '{ named { items(first: 2) { nodes { weight } } } }',
      10 * (3 + 1 + 10 * 7),
    ],
    ['a mutation costs ten', 'mutation { buy(where: {}) { __typename } }', 10 + 5 + 1],
    [
      'an input object costs one, and what is in it its weight',
      '{ item(id: 1, where: { text: "a", flag: ON, weight: 1, deep: { where: { number: null } } }) { shop { name } } }'.replace(
        '{ number: null }',
        '{}',
      ),
      2 + 1 + 2 + 4 + 1 + 1 + 1 + 3,
    ],
    [
      'every item of a list costs',
      '{ any(where: [{ flag: ON }, { all: [{}, {}] }]) { __typename } }',
      1 + 2 + 1 + 2 + 9,
    ],
    [
      'what is asked for twice under one name counts once',
      '{ shop { name } ...F ... { shop { flags } } } fragment F on Query { shop { staff { name } } }',
      3 + 10 * 2 + 4 * 2,
    ],
    ['under two names it counts twice', '{ shop { name } again: shop { name } }', 6],
    [
      'a fragment that is spread twice counts once',
      '{ shop { ...F ...F self { ...F } } } fragment F on Shop { staff { name } }',
      3 + 8 + 3 + 8,
    ],
    [
      'the branches of a union are added up',
      '{ any { ... on Shop { staff { name } } ... on Item { shop { name } } } }',
      9 + 8 + 3,
    ],
    [
      'what nobody gets does not count',
      '{ shop @skip(if: true) { name } ... @include(if: false) { any { __typename } } item(id: 1) @skip(if: false) { shop { name } } }',
      2 + 1 + 3,
    ],
    ['what somebody may get does', 'query ($v: Boolean!) { shop @skip(if: $v) { name } }', 3],
    ['the schema itself is dear', '{ __schema { types { name } } __type(name: "Item") { fields { name } } }', 110],
    ['a subscription costs what an event does', 'subscription { sold(first: 9) { shop { name } } }', 1 + 3],
  ])('%s', (_rule, text, cost) => {
    expect(costOf(text)).toBe(cost);
  });

  test.each<[string, Record<string, unknown>, number]>([
    ['counts what a variable says', { first: 20 }, 60],
    ['counts its default where it is not given', {}, 12],
    ['counts what the argument has by default where it is null', { first: null }, 9],
    ['and where it is no number, which is refused later', { first: '99' }, 9],
    ['is beyond all measure where a list is', { first: Number.MAX_VALUE }, Infinity],
  ])('%s', (_rule, variables, cost) => {
    expect(costOf('query ($first: Int = 4) { shops(first: $first) { name } }', variables)).toBe(cost);
  });

  test('counts what is in a variable, as far as it is known', () => {
    const text = 'query ($where: Where = { flag: ON }) { item(id: 1, where: $where) { shop { name } } }';
    expect(costOf(text)).toBe(2 + 3 + 1 + 3);
    expect(costOf(text, { where: null })).toBe(2 + 1 + 3);
    expect(costOf(text, { where: { all: [{ weight: 1 }, { deep: {} }], nothing: {} } })).toBe(2 + 1 + 5 + 2 + 1 + 3);
  });

  test('is beyond all measure where a variable is nested so deeply that reading it would fail', () => {
    const text = 'query ($where: Where) { item(id: 1, where: $where) { shop { name } } }';
    const nested = (levels: number): object => (levels === 0 ? {} : { all: [nested(levels - 1)] });
    expect(costOf(text, { where: nested(40) })).toBe(2 + 41 + 1 + 3);
    expect(costOf(text, { where: JSON.parse('{"all":['.repeat(50_000) + ']}'.repeat(50_000)) })).toBe(Infinity);
  });
});

describe('an operation that says in no way how many it asks for', () => {
  const errorsOf = (text: string) => {
    const { document, operation } = operationIn(text);
    return rules.of(document, operation).errors.map((error) => error.toJSON());
  };

  test('is refused', () => {
    expect(errorsOf('{ items { total } }')).toEqual([
      {
        message: '"items" needs exactly one of these arguments, which say how many are asked for: first, last',
        locations: [{ line: 1, column: 3 }],
        extensions: { code: 'SLICING_ARGUMENT_REQUIRED', retryable: false, arguments: ['first', 'last'] },
      },
    ]);
    expect(errorsOf('{ items(first: null) { total } }')).toHaveLength(1);
    expect(errorsOf('{ items(first: 1, last: 1) { total } }')).toHaveLength(1);
  });

  test('is served where it says so by a variable, or need not', () => {
    expect(errorsOf('query ($first: Int) { items(first: $first) { total } shops { name } }')).toEqual([]);
  });
});

/** Operations that clients may write, with variables. */
function operationsOf(apiSchema: GraphQLSchema) {
  return fc.gen().map((next) => {
    const random = randomOf(fc, next);
    const keywords = Object.values(OperationTypeNode).filter((each) => apiSchema.getRootType(each));
    const keyword = keywords[random(keywords.length)]!;
    const fields = Object.values(apiSchema.getRootType(keyword)!.getFields());
    const { text, variables } = randomOperation(apiSchema, { keyword, field: fields[random(fields.length)]! }, random);
    return { text, variables, choose: random };
  });
}

const goldSdl = readFileSync(new URL('../../supergraph.graphql', import.meta.url), 'utf8');
const gold = readSupergraph(goldSdl);
const goldApi = Supergraph.build(gold.servedSdl).apiSchema().toGraphQLJSSchema();

describe.each([
  {
    graph: 'a graph with every weight',
    document: weightedGraph,
    schema: weightedSchema,
    apiSchema: weightedSchema,
    names: { cost: 'price', listSize: 'length' },
  },
  {
    graph: 'the project’s own graph',
    document: gold.original,
    schema: buildASTSchema(gold.original, { assumeValidSDL: true }),
    apiSchema: goldApi,
    names: { cost: 'cost', listSize: 'listSize' },
  },
])('of any operation on $graph', ({ document: supergraph, schema, apiSchema, names }) => {
  const assumedListSize = 2;
  const compiled = createCostRules(supergraph, { assumedListSize });

  test('the cost is what counting it in the plainest way gives', () => {
    fc.assert(
      fc.property(operationsOf(apiSchema), ({ text, variables }) => {
        const { document, operation } = operationIn(text);
        fc.pre(validate(apiSchema, document).length === 0);
        const plain = plainCost({ schema, document, operation, variables, assumedListSize, names });
        expect(compiled.of(document, operation).costOf(variables)).toBe(plain);
      }),
      { numRuns: 400 },
    );
  });

  test('the answer does not cost more, as long as lists are no longer than said', () => {
    let answered = 0;
    fc.assert(
      fc.property(operationsOf(apiSchema), ({ text, variables, choose }) => {
        const { document, operation } = operationIn(text);
        fc.pre(validate(apiSchema, document).length === 0);
        const actual = costOfAnswer({ schema, document, variables, assumedListSize, names, choose });
        if (actual === undefined) return;
        answered += 1;
        expect(actual).toBeLessThanOrEqual(compiled.of(document, operation).costOf(variables));
      }),
      { numRuns: 400 },
    );
    expect(answered).toBeGreaterThan(80);
  });
});
