import type { SubgraphAnswer, FetchFromSubgraph } from '../subgraph-fetch.ts';
import type { GatewayContext } from '../../gateway-context.ts';
import type { Tree } from './merge.ts';

/** One execution on its way. */
export type Run = {
  variables: Readonly<Record<string, unknown>>;
  context: GatewayContext;
  fetch: FetchFromSubgraph;
  /** Answers the plan's first fetch; taken away with that. */
  firstAnswer: SubgraphAnswer | undefined;
  /** All answers, put together. */
  root: Tree;
  errors: unknown[];
  isForgiving: boolean;
};

/**
 * One step of a plan for one place of the answer.
 * @param data what is at that place: an object, or the items of the lists on the way to it
 * @returns when it is done, `undefined` where that is at once; rejects or throws where the whole execution has to
 */
export type Step = (run: Run, data: unknown) => Promise<void> | undefined;
