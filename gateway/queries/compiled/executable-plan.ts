import type { Operation } from '@apollo/federation-internals';
import type { QueryPlan } from '@apollo/query-planner';
import type { DocumentNode, OperationDefinitionNode } from 'graphql';
import type { GatewayContext } from '../../gateway-context.ts';
import type { Generation } from '../../supergraph/generation.ts';
import type { FetchFromSubgraph, SubgraphAnswer } from '../subgraph-fetch.ts';

/** One operation and how it is planned, with what is used of the generation that it was planned for. */
export type PlannedOperation = {
  plan: QueryPlan;
  /** A valid document; what it defines beside the operation and fragments is not looked at. */
  document: DocumentNode;
  operation: OperationDefinitionNode;
  /** The same operation as it was given to the planner, where that is at hand: making it takes as long as all the rest. */
  plannerOperation?: Operation;
  generation: Pick<Generation, 'apiSchema' | 'plannerApiSchema' | 'supergraphSchema' | 'streamRules'>;
};

/** What one execution has besides its plan. */
export type Execution = {
  /** As the client gave them: defaults are known to the plan. They fit the operation. */
  variables: Readonly<Record<string, unknown>>;
  context: GatewayContext;
  fetch: FetchFromSubgraph;
  /** The answer to the plan's first fetch, where it is known already: nobody is asked for it. It is changed on the way. */
  firstAnswer?: SubgraphAnswer;
  /**
   * Whether what a subgraph says that is of another kind than the schema has (a list in place of an object) costs only its
   * own place, with an error. Stock, and a plan without this, gives up the whole answer.
   */
  isForgiving?: boolean;
};

/** What an execution comes to: exactly what `executeQueryPlan` of @apollo/gateway would have said. */
export type Executed = {
  /** JSON, `null` included; `undefined` where the answers could not be made into any data, which `errors` says then. */
  data: string | undefined;
  /** Errors of subgraphs are GraphQLErrors with `extensions.serviceName`; what was thrown on the way is here as it is. */
  errors: readonly unknown[];
  /** Where subgraphs reported no errors, but gave what does not fit the schema. */
  extensions?: { valueCompletion: readonly unknown[] };
};

/**
 * A plan that is ready to be executed any number of times, at the same time too.
 * `execute` rejects where stock does: when an answer leads to where the plan continues by other kinds of values (a list where
 * there is none in the schema, and the other way round).
 */
export type ExecutablePlan = { execute(execution: Execution): Promise<Executed> };
