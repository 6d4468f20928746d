import type { GraphQLFormattedError } from 'graphql';
import type { GatewayContext } from '../gateway-context.ts';

/** What a plan asks of a subgraph, found out once for all requests that ask it. */
export type SubgraphOperation = {
  /** The subgraph's name in the supergraph. */
  subgraph: string;
  kind: 'query' | 'mutation';
  /** GraphQL. */
  text: string;
  /** The operation's name in `text`. */
  operationName: string | undefined;
  /**
   * Whether the answer may depend on who asks. Only then the subgraph is told who that is, and the answer is neither shared
   * nor kept; everything else is asked on behalf of nobody, so that it cannot say what only one may know.
   */
  isPersonal: boolean;
  /** The body of a request up to its variables: `{"query":"…","operationName":"…","variables":{`; `}}` ends it. */
  bodyHead: string;
};

/** One request of a subgraph. */
export type SubgraphFetch = {
  operation: SubgraphOperation;
  /** What the client gave for the variables that it uses, as JSON without the braces: `"first":2,"after":null`. */
  variables: string;
  /** Entities that are asked for, each once, as JSON; `undefined` where it is no request for entities. */
  representations: readonly string[] | undefined;
};

/** What a subgraph has answered. It belongs to who has asked: it may be changed. */
export type SubgraphAnswer = {
  data?: Record<string, unknown> | null | undefined;
  errors?: readonly GraphQLFormattedError[] | undefined;
};

/** Asks a subgraph. It never rejects: what goes wrong is an error of the answer, which costs the fields that were asked for. */
export type FetchFromSubgraph = (fetch: SubgraphFetch, context: GatewayContext) => Promise<SubgraphAnswer>;

/** The JSON body of a request. */
export function bodyOf({ operation, variables, representations }: SubgraphFetch): string {
  if (!representations) return `${operation.bodyHead}${variables}}}`;
  const comma = variables === '' ? '' : ',';
  return `${operation.bodyHead}${variables}${comma}"representations":[${representations.join(',')}]}}`;
}

/** What `SubgraphOperation.bodyHead` is for an operation. */
export function bodyHeadOf(text: string, operationName: string | undefined): string {
  const name = operationName === undefined ? '' : `,"operationName":${JSON.stringify(operationName)}`;
  return `{"query":${JSON.stringify(text)}${name},"variables":{`;
}
