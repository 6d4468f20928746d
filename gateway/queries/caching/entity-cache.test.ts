import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { createMetrics } from '#shared/metrics.ts';
import type { FetchFromSubgraph, SubgraphAnswer, SubgraphFetch, SubgraphOperation } from '../subgraph-fetch.ts';
import { createCacheMetrics, type CacheMetrics } from './cache-metrics.ts';
import { createCacheRules } from './cache-rules.ts';
import { createCacheStore } from './cache-store.ts';
import { createEntityCache } from './entity-cache.ts';
import { createFreshness } from './freshness.ts';
import {
  catalogueRules,
  nobody,
  operationOf,
  productsOf,
  startCatalogue,
  type Catalogue,
} from './test/catalogue-subgraph.ts';

let catalogue: Catalogue;
let fetch: FetchFromSubgraph;
let metrics: CacheMetrics;
let now: number;
const rules = createCacheRules(catalogueRules, () => false);

beforeAll(async () => {
  catalogue = await startCatalogue();
});
afterAll(() => catalogue.close());
beforeEach(() => {
  now = 0;
  catalogue.asked.length = 0;
  metrics = createCacheMetrics(createMetrics('test'));
  const store = createCacheStore({ redis: undefined, localBytes: 1_000_000, metrics, now: () => now });
  fetch = createEntityCache({ generationId: 'g', rules, store, counts: metrics.entity, fetch: catalogue.fetch });
});

const references = (selection: string, name = 'Q') =>
  operationOf(
    `query ${name}($representations: [_Any!]!) { _entities(representations: $representations) { ... on Product { ${selection} } } }`,
  );
const root = (operation: SubgraphOperation, variables = ''): SubgraphFetch => ({
  operation,
  variables,
  representations: undefined,
});
const entitiesOf = ({ data }: SubgraphAnswer) => data?._entities as ({ name: string; sku: string } | null)[];
/** The SKUs that each request has asked for. */
const askedFor = () =>
  catalogue.asked.map(({ representations }) =>
    representations?.map((each) => (JSON.parse(each) as { sku: string }).sku),
  );

describe('entities', () => {
  const named = references('sku name');

  test('are asked for once, each by itself, and come in the order in which they are wanted', async () => {
    const first = entitiesOf(await fetch(productsOf(named, 'P1', 'P2'), nobody));
    const second = entitiesOf(await fetch(productsOf(named, 'P3', 'P2', 'P4', 'P1'), nobody));
    const third = entitiesOf(await fetch(productsOf(named, 'P4', 'P3'), nobody));
    expect(askedFor()).toEqual([
      ['P1', 'P2'],
      ['P3', 'P4'],
    ]);
    expect(second.map((each) => each?.sku)).toEqual(['P3', 'P2', 'P4', 'P1']);
    expect([second[1], second[3]]).toEqual([first[1], first[0]]);
    expect(third).toEqual([second[2], second[0]]);
  });

  test('belong to who has asked for them: what is changed in one answer shows in no other', async () => {
    for (let time = 0; time < 3; time += 1) {
      const [entity] = entitiesOf(await fetch(productsOf(named, 'P1'), nobody));
      expect(entity!.name).toMatch(/^P1/);
      entity!.name = 'changed';
    }
  });

  test('are asked for again when their time is over', async () => {
    await fetch(productsOf(named, 'P1'), nobody);
    now = 59_999;
    await fetch(productsOf(named, 'P1'), nobody);
    expect(catalogue.asked).toHaveLength(1);
    now = 60_000;
    await fetch(productsOf(named, 'P1'), nobody);
    expect(catalogue.asked).toHaveLength(2);
    expect(metrics.entity).toMatchObject({ localHits: 1, localStale: 1, misses: 2, kept: 2 });
  });

  test('let an answer be kept for as long as the oldest of them', async () => {
    await fetch(productsOf(named, 'P1'), nobody);
    now = 20_000;
    const freshness = createFreshness();
    await fetch(productsOf(named, 'P1', 'P2'), { ...nobody, freshness });
    expect(freshness).toMatchObject({ maxAge: 40, isPrivate: false });
  });

  test('that do not exist are asked for each time', async () => {
    for (let time = 0; time < 2; time += 1)
      expect(entitiesOf(await fetch(productsOf(named, 'nothing', 'P1'), nobody))[0]).toBeNull();
    expect(askedFor()).toEqual([['nothing', 'P1'], ['nothing']]);
  });

  test('with an error are not kept, and the error keeps its place', async () => {
    const broken = references('sku broken');
    await fetch(productsOf(broken, 'P1', 'P2'), nobody);
    const answer = await fetch(productsOf(broken, 'P1', 'P2', 'P3', 'PX'), nobody);
    expect(answer.errors).toMatchObject([{ path: ['_entities', 3, 'broken'], extensions: { code: 'NOT_FOUND' } }]);
    expect(entitiesOf(answer)).toMatchObject([
      { sku: 'P1' },
      { sku: 'P2' },
      { sku: 'P3' },
      { sku: 'PX', broken: null },
    ]);
    await fetch(productsOf(broken, 'P3'), nobody);
    expect(askedFor()).toEqual([['P1', 'P2'], ['P3', 'PX'], ['P3']]);
  });

  test('are the same whatever the client calls its operation, and others with another selection', async () => {
    await fetch(productsOf(references('sku name', 'A'), 'P1'), nobody);
    await fetch(productsOf(references('sku name', 'B'), 'P1'), nobody);
    expect(catalogue.asked).toHaveLength(1);
    await fetch(productsOf(references('name'), 'P1'), nobody);
    expect(catalogue.asked).toHaveLength(2);
  });

  test('that are kept arrive while the subgraph cannot say the others', async () => {
    await fetch(productsOf(named, 'P1'), nobody);
    const unreachable = createEntityCache({
      generationId: 'g',
      rules,
      store: createCacheStore({ redis: undefined, localBytes: 1_000_000, metrics, now: () => now }),
      counts: metrics.entity,
      fetch: async (request, context) =>
        request.representations?.some((each) => each.includes('P2'))
          ? { data: null, errors: [{ message: 'away', path: [] }] }
          : catalogue.fetch(request, context),
    });
    await unreachable(productsOf(named, 'P1'), nobody);
    const answer = await unreachable(productsOf(named, 'P1', 'P2'), nobody);
    expect(answer).toMatchObject({
      data: { _entities: [{ sku: 'P1' }, null] },
      errors: [{ message: 'away', path: [] }],
    });
  });
});

describe('an answer from the root', () => {
  const product = operationOf('query Q($sku: ID!) { product(sku: $sku) { sku name } }');

  test('is kept as a whole, by its variables', async () => {
    const first = await fetch(root(product, '"sku":"P1"'), nobody);
    const second = await fetch(root(product, '"sku":"P1"'), nobody);
    const other = await fetch(root(product, '"sku":"P2"'), nobody);
    expect(second.data).toEqual(first.data);
    expect(other.data).toMatchObject({ product: { sku: 'P2' } });
    expect(catalogue.asked).toHaveLength(2);
  });

  test('is kept only for as long as the subgraph says of this very answer', async () => {
    const past = operationOf('query Q($closed: Boolean!) { past(closed: $closed) }');
    const freshness = createFreshness();
    await fetch(root(past, '"closed":true'), { ...nobody, freshness });
    expect(freshness.maxAge).toBe(20);
    now = 19_999;
    await fetch(root(past, '"closed":true'), nobody);
    expect(catalogue.asked).toHaveLength(1);
    for (let time = 0; time < 3; time += 1) await fetch(root(past, '"closed":false'), nobody);
    expect(catalogue.asked).toHaveLength(4);
    expect(metrics.entity.passed).toBe(2);
  });
});

describe('is asked for each time', () => {
  const named = references('sku name');
  test.each<[string, SubgraphFetch]>([
    ['what may depend on who asks', productsOf({ ...named, isPersonal: true }, 'P1')],
    ['what the schema does not let be kept', productsOf(references('stock { available }'), 'P1')],
    ['what begins with such a field', root(operationOf('{ greeting }'))],
    ['what changes something', root(operationOf('mutation { rename(sku: "P1") { sku } }'))],
  ])('%s', async (_what, request) => {
    for (let time = 0; time < 3; time += 1) await fetch(request, nobody);
    expect(catalogue.asked).toHaveLength(3);
    expect(metrics.entity).toMatchObject({ localHits: 0, misses: 0, kept: 0 });
  });

  test('what is to be as it was at the tick of an event', async () => {
    await fetch(productsOf(named, 'P1'), nobody);
    await fetch(productsOf(named, 'P1'), { ...nobody, tick: { symbol: 'XAU-USD', sequence: 1 } });
    expect(catalogue.asked).toHaveLength(2);
  });

  test('what another supergraph says', async () => {
    const store = createCacheStore({ redis: undefined, localBytes: 1_000_000, metrics, now: () => now });
    const { entity: counts } = metrics;
    for (const generationId of ['one', 'another']) {
      const of = createEntityCache({ generationId, rules, store, counts, fetch: catalogue.fetch });
      for (let time = 0; time < 2; time += 1) await of(productsOf(named, 'P1'), nobody);
    }
    expect(catalogue.asked).toHaveLength(2);
  });
});
