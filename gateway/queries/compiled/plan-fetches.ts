import type { FetchNode, PlanNode } from '@apollo/query-planner';

/** A fetch, where in the answer it is made, and the way to it through the plan. */
export type FetchInPlan = {
  node: FetchNode;
  path: readonly (string | number)[];
  /** From the root: the nodes that have several, and which of them is gone into. */
  way: readonly { node: PlanNode; index: number }[];
};

/** All fetches of a plan. */
export function fetchesOf(node: PlanNode, path: FetchInPlan['path'] = [], way: FetchInPlan['way'] = []): FetchInPlan[] {
  switch (node.kind) {
    case 'Fetch':
      return [{ node, path, way }];
    case 'Flatten':
      return fetchesOf(node.node, [...path, ...node.path], way);
    case 'Sequence':
    case 'Parallel':
      return node.nodes.flatMap((each, index) => fetchesOf(each, path, [...way, { node, index }]));
    case 'Condition':
      return [node.ifClause, node.elseClause].flatMap((each, index) =>
        each ? fetchesOf(each, path, [...way, { node, index }]) : [],
      );
    case 'Defer':
      return [node.primary, ...node.deferred].flatMap((part, index) =>
        part.node ? fetchesOf(part.node, path, [...way, { node, index }]) : [],
      );
  }
}

/**
 * Whether another fetch may write into what this one has brought: it is made at the same place, above or below it, and not
 * surely before.
 */
export function isWrittenLater(fetch: FetchInPlan, all: readonly FetchInPlan[]): boolean {
  return all.some((other) => other !== fetch && isOnTheWay(other.path, fetch.path) && !isSurelyBefore(other, fetch));
}

function isOnTheWay(one: FetchInPlan['path'], other: FetchInPlan['path']): boolean {
  const length = Math.min(one.length, other.length);
  return one.slice(0, length).every((step, index) => step === other[index]);
}

function isSurelyBefore({ way: one }: FetchInPlan, { way: other }: FetchInPlan): boolean {
  const parting = one.findIndex(({ index }, position) => index !== other[position]?.index);
  const here = one[parting];
  const there = other[parting];
  return here?.node.kind === 'Sequence' && there !== undefined && here.index < there.index;
}
