import { hash } from 'node:crypto';
import type { DocumentNode, OperationDefinitionNode } from 'graphql';
import type { CacheCounts } from './cache-metrics.ts';
import type { CacheRules } from './cache-rules.ts';
import type { CacheStore, KeptText } from './cache-store.ts';
import { canonicalJson } from './canonical-json.ts';
import type { Freshness } from './freshness.ts';
import { createPasses } from './passes.ts';

/** An operation whose answers may be kept. */
export type CachableOperation = {
  /** Begins the keys of its answers: of this schema, text and operation name and no other. */
  keyHead: string;
  /** Seconds that an answer may be kept at most. */
  maxAge: number;
  /** The variables that it declares, in order. */
  variables: readonly string[];
};

/** What an execution has come to. */
export type ExecutedAnswer = {
  /** The JSON of `data`; `undefined` where there is none. */
  data: string | undefined;
  hasErrors: boolean;
  /** What the execution has collected of what subgraphs say. */
  freshness: Freshness;
};

/** An answer: kept, executed, or both where it was executed and is kept from now on. */
export type Answer<Executed> =
  { kept: KeptText; executed: undefined } | { kept: KeptText | undefined; executed: Executed };

export type ResponseCache = {
  /** The key of the answer for some variables; `undefined` where they are too large to be kept by. */
  keyOf(
    operation: CachableOperation,
    variables: Readonly<Record<string, unknown>> | null | undefined,
  ): string | undefined;
  /**
   * The kept answer, or else what `execute` comes to, which is kept if it may be. Of several requests that miss the same
   * answer at the same time one executes, and the others are given what is kept of it; where nothing is, each executes.
   * It rejects only with what `execute` rejects with.
   */
  answer<Executed extends ExecutedAnswer>(
    operation: CachableOperation,
    key: string,
    execute: () => Promise<Executed>,
  ): Promise<Answer<Executed>>;
};

/** Characters of the longest key. */
const longestKey = 8_192;

/**
 * What is to be known of an operation for its answers to be kept; found once an operation. `undefined` where they never are:
 * then nothing else of the cache is needed.
 * @param options.text the document as the client has sent it
 */
export function cachableOperation(options: {
  generationId: string;
  rules: CacheRules;
  text: string;
  document: DocumentNode;
  operation: OperationDefinitionNode;
}): CachableOperation | undefined {
  const { generationId, rules, text, document, operation } = options;
  const maxAge = rules.maxAgeOf(document, operation);
  if (maxAge === 0) return undefined;
  const names = (operation.variableDefinitions ?? []).map(({ variable }) => variable.name.value);
  const identity = JSON.stringify([generationId, text, operation.name?.value ?? null]);
  return { keyHead: `response ${hash('sha256', identity, 'base64url')} `, maxAge, variables: names.toSorted() };
}

/** Whole answers to operations that are the same for everybody, by operation and variables. Only answers without errors are kept. */
export function createResponseCache(options: { store: CacheStore; counts: CacheCounts }): ResponseCache {
  const { store, counts } = options;
  const passes = createPasses();
  const underWay = new Map<string, Promise<KeptText | undefined>>();

  /** @param startedAt when it was begun: what it is made of may be as old as that */
  function keep(
    operation: CachableOperation,
    key: string,
    executed: ExecutedAnswer,
    startedAt: number,
  ): KeptText | undefined {
    const { data, hasErrors, freshness } = executed;
    if (data === undefined || hasErrors) return undefined;
    const seconds = freshness.isPrivate ? 0 : Math.min(operation.maxAge, freshness.maxAge ?? 0);
    if (seconds >= 1) return store.keep(key, data, seconds * 1_000, counts, startedAt);
    passes.add(key);
    return undefined;
  }

  return {
    keyOf({ keyHead, variables: names }, variables) {
      const key = keyHead + canonicalJson(variables ?? {}, names);
      return key.length > longestKey ? undefined : key;
    },
    async answer(operation, key, execute) {
      const local = store.find(key, counts);
      if (local) return { kept: local, executed: undefined };
      if (passes.has(key)) {
        counts.passed += 1;
        const startedAt = store.now();
        const executed = await execute();
        return { kept: keep(operation, key, executed, startedAt), executed };
      }
      const other = underWay.get(key);
      const othersAnswer = other && (await other);
      if (othersAnswer) {
        counts.joined += 1;
        return { kept: othersAnswer, executed: undefined };
      }
      const { promise, resolve } = Promise.withResolvers<KeptText | undefined>();
      // Of those that have waited in vain each executes; who comes meanwhile waits for one of them.
      underWay.set(key, promise);
      let kept: KeptText | undefined;
      try {
        [kept] = await store.findShared([key], counts);
        if (kept) return { kept, executed: undefined };
        const startedAt = store.now();
        const executed = await execute();
        kept = keep(operation, key, executed, startedAt);
        return { kept, executed };
      } finally {
        if (underWay.get(key) === promise) underWay.delete(key);
        resolve(kept);
      }
    },
  };
}
