import { operationFromDocument } from '@apollo/federation-internals';
import { expect, test } from '@jest/globals';
import { getOperationAST, parse } from 'graphql';
import type { GatewayContext } from '../../gateway-context.ts';
import { createGeneration } from '../../supergraph/generation.ts';
import { bodyOf, type FetchFromSubgraph, type SubgraphAnswer, type SubgraphFetch } from '../subgraph-fetch.ts';
import { compilePlan } from './compile-plan.ts';
import type { ExecutablePlan, PlannedOperation } from './executable-plan.ts';
import { stockPlan } from './stock-plan.ts';
import { imaginedSupergraph } from './test/imagined-supergraph.ts';

const generation = createGeneration(imaginedSupergraph(), ({ name }) => ({ name, url: name }) as never);
const context = {} as GatewayContext;
const latest = '{ latest { author { id rank } } }';
const review = (id: string) => ({ author: { __typename: 'User', id } });
const threeReviews = { data: { latest: ['1', '2', '1'].map(review) } };

function planned(text: string): PlannedOperation {
  const document = parse(text);
  const operation = operationFromDocument(generation.plannerApiSchema, document);
  const plan = generation.planner.buildQueryPlan(operation);
  return { plan, document, operation: getOperationAST(document)!, generation };
}

/** Answers by the name of the subgraph, and keeps what was asked. */
function answering(answers: Record<string, SubgraphAnswer>) {
  const asked: SubgraphFetch[] = [];
  const fetch: FetchFromSubgraph = async (each) => {
    asked.push(each);
    return structuredClone(answers[each.operation.subgraph] ?? { data: null });
  };
  return { asked, fetch };
}

const bothWays: [string, (planned: PlannedOperation) => ExecutablePlan][] = [
  ['a compiled plan', (each) => compilePlan(each)!],
  ['a plan that stock executes', stockPlan],
];

test.each(bothWays)('%s asks for an entity once, and tells its data and its errors in each place', async (_, make) => {
  const { asked, fetch } = answering({
    reviews: threeReviews,
    people: {
      data: { _entities: [{ rank: 1 }, { rank: null }] },
      errors: [{ message: 'no rank', path: ['_entities', 0, 'rank'], extensions: { code: 'NO_RANK' } }],
    },
  });
  const { data, errors } = await make(planned(latest)).execute({ variables: {}, context, fetch });
  expect(asked[1]!.representations).toEqual(['1', '2'].map((id) => `{"__typename":"User","id":"${id}"}`));
  expect(JSON.parse(bodyOf(asked[1]!))).toMatchObject({
    query: asked[1]!.operation.text,
    variables: { representations: [{ __typename: 'User', id: '1' }, { id: '2' }] },
  });
  const users = [1, null, 1].map((rank, index) => ({ author: { id: index === 1 ? '2' : '1', rank } }));
  expect(data).toBe(JSON.stringify({ latest: users }));
  expect(JSON.parse(JSON.stringify(errors))).toEqual(
    [0, 2].map((index) => ({
      message: 'no rank',
      path: ['latest', index, 'author', 'rank'],
      extensions: { code: 'NO_RANK', serviceName: 'people' },
    })),
  );
});

test.each(bothWays)(
  '%s sends what the client gave for the variables that are used, and nothing else',
  async (_, make) => {
    const { asked, fetch } = answering({});
    const text =
      'query Q($first: Int = 3, $side: Side, $id: ID!) { books(first: $first, side: $side) { id } user(id: $id) { id } }';
    await make(planned(text)).execute({ variables: { side: null, id: 'say "7"', other: 1 }, context, fetch });
    const variables = asked.map(({ operation, variables: given }) => [operation.subgraph, given]).toSorted();
    expect(variables).toEqual([
      ['catalogue', '"side":null'],
      ['people', '"id":"say \\"7\\""'],
    ]);
  },
);

test.each(bothWays)('%s begins with an answer that is given to it', async (_, make) => {
  const { asked, fetch } = answering({ people: { data: { _entities: [{ rank: 1 }, { rank: 2 }] } } });
  const firstAnswer = structuredClone(threeReviews);
  const { data } = await make(planned(latest)).execute({ variables: {}, context, fetch, firstAnswer });
  expect(asked.map(({ operation }) => operation.subgraph)).toEqual(['people']);
  expect(data).toContain('"rank":2');
});

test.each(bothWays)('%s goes on with what it has when a fetch fails', async (_, make) => {
  const failure = new Error('out of order');
  const fetch: FetchFromSubgraph = async ({ operation }) => {
    if (operation.subgraph === 'reviews') return structuredClone(threeReviews);
    throw failure;
  };
  const { data, errors } = await make(planned(latest)).execute({ variables: {}, context, fetch });
  expect(data).toContain('"rank":null');
  expect(errors).toEqual([failure]);
});

test('what was asked for once is joined further in each place', async () => {
  const user = { __typename: 'User', id: '1' };
  const plan = compilePlan(planned('{ users { reviews { author { rank } } } }'))!;
  const { fetch } = answering({
    reviews: { data: { _entities: [{ reviews: [review('9')] }] } },
    people: { data: { users: [[user, null], [user]], _entities: [{ rank: 4 }] } },
  });
  const { data, errors } = await plan.execute({ variables: {}, context, fetch });
  const joined = { reviews: [{ author: { rank: 4 } }] };
  expect(errors).toEqual([]);
  expect(data).toBe(JSON.stringify({ users: [[joined, null], [joined]] }));
});

test('what depends on who asks is marked, and so is every mutation', async () => {
  const { asked, fetch } = answering({});
  await compilePlan(planned('{ user { id } }'))!.execute({ variables: {}, context, fetch });
  await compilePlan(planned('{ me { id } }'))!.execute({ variables: {}, context, fetch });
  await compilePlan(planned('mutation { befriend(ids: []) { id } }'))!.execute({ variables: {}, context, fetch });
  expect(asked.map(({ operation }) => [operation.kind, operation.isPersonal])).toEqual([
    ['query', false],
    ['query', true],
    ['mutation', true],
  ]);
});

test('questions about the schema are not compiled, and are answered by stock', async () => {
  const about = planned('{ __type(name: "Side") { enumValues { name } } box { label } }');
  expect(compilePlan(about)).toBeUndefined();
  const { fetch } = answering({ catalogue: { data: { box: { label: 'big' } } } });
  const { data } = await stockPlan(about).execute({ variables: {}, context, fetch });
  expect(JSON.parse(data!)).toEqual({
    __type: { enumValues: [{ name: 'BUY' }, { name: 'SELL' }] },
    box: { label: 'big' },
  });
});

test('conditions may be met in more ways than are remembered', async () => {
  const names = ['a', 'b', 'c', 'd', 'e', 'f'];
  const definitions = names.map((name) => `$${name}: Boolean!`).join(' ');
  const fields = names.map((name) => `${name}: label @include(if: $${name})`).join(' ');
  const plan = compilePlan(planned(`query Q(${definitions}) { box { ${fields} side } }`))!;
  for (let met = 0; met < 2 ** names.length; met++) {
    const asked = names.filter((_, index) => met & (1 << index));
    const variables = Object.fromEntries(names.map((name) => [name, asked.includes(name)]));
    const box = Object.fromEntries([...asked.map((name) => [name, name]), ['side', 'BUY']]);
    const { fetch } = answering({ catalogue: { data: { box } } });
    const { data } = await plan.execute({ variables, context, fetch });
    expect(data).toBe(JSON.stringify({ box }));
  }
});

test.each<[what: string, answers: Record<string, SubgraphAnswer>, expected: string, places: unknown[]]>([
  [
    'a text in place of an object',
    { reviews: { data: { latest: [{ author: 'x' }, review('2')] } }, people: { data: { _entities: [{ rank: 2 }] } } },
    '{"latest":[{"author":null},{"author":{"id":"2","rank":2}}]}',
    [['latest', 0, 'author']],
  ],
  ['a text in place of a list', { reviews: { data: { latest: 'none' } } }, 'null', [['latest']]],
  [
    'a number in place of the name of a type',
    { reviews: { data: { latest: [{ author: { __typename: 7, id: '1' } }] } } },
    '{"latest":[{"author":null}]}',
    [['latest', 0, 'author']],
  ],
])('%s costs its own place only, where that is asked for', async (_what, answers, expected, places) => {
  const executed = { variables: {}, context, fetch: answering(answers).fetch };
  const { data, errors } = await compilePlan(planned(latest))!.execute({ ...executed, isForgiving: true });
  expect({ data, places: (errors as { path?: unknown }[]).map(({ path }) => path) }).toEqual({
    data: expected,
    places,
  });
  expect(JSON.stringify(errors)).toContain('"code":"SUBGRAPH_UNAVAILABLE"');
});
