import { hash } from 'node:crypto';
import { Kind, parse, print, type GraphQLFormattedError } from 'graphql';
import type { GatewayContext } from '../../gateway-context.ts';
import type { FetchFromSubgraph, SubgraphAnswer, SubgraphFetch, SubgraphOperation } from '../subgraph-fetch.ts';
import type { CacheCounts } from './cache-metrics.ts';
import type { CacheRules } from './cache-rules.ts';
import type { CacheStore, KeptText } from './cache-store.ts';
import { createFreshness, type Freshness } from './freshness.ts';
import { createPasses } from './passes.ts';

/** What is to be known of a subgraph's operation whose answers may be kept. */
type Cachable = {
  /** Begins the keys of what it answers. */
  keyHead: string;
  /** Seconds. */
  maxAge: number;
};

/**
 * Keeps what subgraphs say that is the same for everybody: of requests for entities each entity by itself, so that only those
 * that are missing are asked for; of others the answer as a whole. An answer with errors is not kept, nor is an entity
 * that is not there: it may come any moment, and clients could fill the cache with what they make up. What is asked at
 * the tick of a price event is not looked for, because what is kept may be of another.
 * @param options.generationId of the supergraph that the rules are of
 * @param options.fetch asks the subgraph
 */
export function createEntityCache(options: {
  generationId: string;
  rules: CacheRules;
  store: CacheStore;
  counts: CacheCounts;
  fetch: FetchFromSubgraph;
}): FetchFromSubgraph {
  const { generationId, rules, store, counts, fetch } = options;
  const passes = createPasses();
  const known = new WeakMap<SubgraphOperation, Cachable | 'never'>();

  function cachableOf(operation: SubgraphOperation): Cachable | 'never' {
    const existing = known.get(operation);
    if (existing) return existing;
    const { subgraph, kind, text, isPersonal } = operation;
    const maxAge = isPersonal || kind !== 'query' ? 0 : rules.maxAgeOfSubgraphText(text);
    const identity = JSON.stringify([generationId, subgraph, withoutName(text)]);
    const found = maxAge === 0 ? 'never' : { keyHead: `entity ${hash('sha256', identity, 'base64url')} `, maxAge };
    known.set(operation, found);
    return found;
  }

  /** Asks the subgraph, and finds out for how many seconds the answer may be kept. */
  async function ask(request: SubgraphFetch, context: GatewayContext, { maxAge }: Cachable, passKey: string) {
    const freshness = createFreshness();
    const answer = await fetch(request, { ...context, freshness });
    const said = freshness.maxAge ?? 0;
    context.freshness?.restrict({ maxAge: said, isPrivate: freshness.isPrivate });
    const isWhole = !answer.errors?.length && answer.data !== null && answer.data !== undefined;
    const seconds = isWhole && !freshness.isPrivate ? Math.min(maxAge, said) : 0;
    if (isWhole && seconds < 1) passes.add(passKey);
    return { answer, lifetimeMs: seconds < 1 ? 0 : seconds * 1_000 };
  }

  async function askWhole(request: SubgraphFetch, context: GatewayContext, cachable: Cachable, key: string) {
    const kept = store.find(key, counts) ?? (await store.findShared([key], counts))[0];
    if (kept) {
      restrictBy(kept, context.freshness);
      return { data: JSON.parse(kept.text) as Record<string, unknown> };
    }
    const { answer, lifetimeMs } = await ask(request, context, cachable, key);
    if (lifetimeMs > 0) store.keep(key, JSON.stringify(answer.data), lifetimeMs, counts);
    return answer;
  }

  async function askEntities(
    request: SubgraphFetch & { representations: readonly string[] },
    context: GatewayContext,
    cachable: Cachable,
    keyOfAll: string,
  ): Promise<SubgraphAnswer> {
    const { representations } = request;
    const keys = representations.map((representation) => `${keyOfAll}\n${representation}`);
    const found = keys.map((key) => store.find(key, counts));
    await fillFrom(keys, found);
    const missing = found.flatMap((kept, index) => (kept ? [] : [index]));
    for (const kept of found) if (kept) restrictBy(kept, context.freshness);
    const entities = found.map((kept) => (kept ? (JSON.parse(kept.text) as unknown) : null));
    if (missing.length === 0) return { data: { _entities: entities } };

    const isAll = missing.length === representations.length;
    const rest = isAll ? request : { ...request, representations: missing.map((index) => representations[index]!) };
    const { answer, lifetimeMs } = await ask(rest, context, cachable, keyOfAll);
    const answered = answer.data?._entities;
    const isAnswered = Array.isArray(answered) && answered.length === missing.length;
    for (const [position, index] of missing.entries()) {
      const entity: unknown = isAnswered ? (answered as unknown[])[position] : null;
      entities[index] = entity;
      if (lifetimeMs > 0 && entity) store.keep(keys[index]!, JSON.stringify(entity), lifetimeMs, counts);
    }
    if (isAll) return answer;
    const errors = answer.errors?.map((error) => atIndexOf(missing, error));
    return { data: { _entities: entities }, ...(errors && { errors }) };
  }

  async function fillFrom(keys: readonly string[], found: (KeptText | undefined)[]): Promise<void> {
    const elsewhere = found.flatMap((kept, index) => (kept ? [] : [index]));
    if (elsewhere.length === 0) return;
    const shared = await store.findShared(
      elsewhere.map((index) => keys[index]!),
      counts,
    );
    for (const [position, index] of elsewhere.entries()) found[index] = shared[position];
  }

  function restrictBy(kept: KeptText, freshness: Freshness | undefined): void {
    freshness?.restrict({ maxAge: store.leftMsOf(kept) / 1_000, isPrivate: false });
  }

  // Not async: what is not kept passes by at no cost.
  return (request, context) => {
    const cachable = context.tick ? 'never' : cachableOf(request.operation);
    if (cachable === 'never') return fetch(request, context);
    const { representations } = request;
    const key = cachable.keyHead + request.variables;
    if (passes.has(key)) {
      counts.passed += 1;
      return fetch(request, context);
    }
    if (!representations) return askWhole(request, context, cachable, key);
    return askEntities({ ...request, representations }, context, cachable, key);
  };
}

/** Planners name what they ask after the client's operation: what differs only by that is the same. */
function withoutName(text: string): string {
  const document = parse(text, { noLocation: true });
  const definitions = document.definitions.map((each) =>
    each.kind === Kind.OPERATION_DEFINITION ? { ...each, name: undefined } : each,
  );
  return print({ ...document, definitions });
}

/** An error of an answer to a part of the representations, with the place that it has among all. */
function atIndexOf(missing: readonly number[], error: GraphQLFormattedError): GraphQLFormattedError {
  const [root, position, ...below] = error.path ?? [];
  const index = typeof position === 'number' ? missing[position] : undefined;
  return root === '_entities' && index !== undefined ? { ...error, path: [root, index, ...below] } : error;
}
