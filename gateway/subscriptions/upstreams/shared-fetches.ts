import type { SubgraphAnswer } from '../../queries/subgraph-fetch.ts';

/** What other subgraphs were asked for one event: each thing once, for all who want it. */
export type SharedFetches = {
  /** @returns the answer, which is shared and must not be changed */
  get(key: string, fetch: () => Promise<SubgraphAnswer>): Promise<SubgraphAnswer>;
};

/** @param onFetch is told of each fetch, and whether it could be shared */
export function createSharedFetches(onFetch: (isShared: boolean) => void): SharedFetches {
  const answers = new Map<string, Promise<SubgraphAnswer>>();
  return {
    get(key, fetch) {
      const existing = answers.get(key);
      onFetch(existing !== undefined);
      const answer = existing ?? fetch();
      if (!existing) answers.set(key, answer);
      return answer;
    },
  };
}
