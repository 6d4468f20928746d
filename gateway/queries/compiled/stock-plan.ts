import { buildOperationContext, executeQueryPlan, type ServiceMap } from '@apollo/gateway';
import type { GraphQLDataSource } from '@apollo/gateway/dist/datasources/types.js';
import type { GatewayGraphQLRequestContext } from '@apollo/server-gateway-interface';
import type { FetchNode } from '@apollo/query-planner';
import type { GatewayContext } from '../../gateway-context.ts';
import type { SubgraphAnswer, SubgraphOperation } from '../subgraph-fetch.ts';
import type { ExecutablePlan, Execution, PlannedOperation } from './executable-plan.ts';
import { copied, type Tree } from './merge.ts';
import { fetchesOf } from './plan-fetches.ts';
import { subgraphOperationOf } from './subgraph-operation.ts';
import { errorsOfPlaces, uniqueRepresentations, type UniqueRepresentations } from './unique-representations.ts';

/** A plan as the executor of @apollo/gateway executes it: for everything that cannot be compiled. */
export function stockPlan(planned: PlannedOperation): ExecutablePlan {
  const { plan, document, operation, generation } = planned;
  const operationContext = buildOperationContext({
    schema: generation.apiSchema,
    operationDocument: document,
    operationName: operation.name?.value,
  });
  const node = plan.node?.kind === 'Subscription' ? undefined : plan.node;
  const operations = new Map<string, SubgraphOperation>();
  const nameOf = ({ serviceName, operation: text }: Pick<FetchNode, 'serviceName' | 'operation'>) =>
    `${serviceName} ${text}`;
  const services = new Set<string>();
  for (const fetch of node ? fetchesOf(node) : []) {
    operations.set(nameOf(fetch.node), subgraphOperationOf(fetch.node, generation));
    services.add(fetch.node.serviceName);
  }

  function serviceMap(execution: Execution): ServiceMap {
    let { firstAnswer } = execution;
    const map = Object.create(null) as ServiceMap;
    for (const serviceName of services) {
      const service: GraphQLDataSource<GatewayContext> = {
        async process({ request }) {
          const given = firstAnswer;
          firstAnswer = undefined;
          const asked = operations.get(nameOf({ serviceName, operation: request.query! }))!;
          return given ?? ask(asked, request.variables ?? {}, execution);
        },
      };
      map[serviceName] = service as GraphQLDataSource;
    }
    return map;
  }

  return {
    async execute(execution) {
      const { variables, context } = execution;
      // What `executeQueryPlan` reads of a request.
      const request = { request: { variables }, context, metrics: {} } as unknown as GatewayGraphQLRequestContext;
      const { data, errors, extensions } = await executeQueryPlan(
        plan,
        serviceMap(execution),
        request,
        operationContext,
        generation.supergraphSchema,
        generation.plannerApiSchema,
      );
      const valueCompletion = extensions?.valueCompletion as readonly unknown[] | undefined;
      return {
        data: data === undefined ? undefined : JSON.stringify(data),
        errors: errors ?? [],
        ...(valueCompletion && { extensions: { valueCompletion } }),
      };
    },
  };
}

async function ask(operation: SubgraphOperation, given: Tree, { fetch, context }: Execution): Promise<SubgraphAnswer> {
  const { representations, ...variables } = given as { representations?: unknown[] };
  const text = JSON.stringify(variables).slice(1, -1);
  if (!representations) return fetch({ operation, variables: text, representations: undefined }, context);
  const unique = uniqueRepresentations(representations.map((representation) => JSON.stringify(representation)));
  const { data, errors } = await fetch({ operation, variables: text, representations: unique.texts }, context);
  return { data: data && forEveryPlace(data, unique), errors: errors && errorsOfPlaces(errors, unique) };
}

/**
 * The answer as if the entities had been asked for once for each place. One with more or fewer of them than were asked for
 * remains one.
 */
function forEveryPlace(data: Tree, { texts, indexes }: UniqueRepresentations): Tree {
  const entities = data._entities;
  if (!Array.isArray(entities)) return data;
  const isComplete = entities.length === texts.length;
  return { ...data, _entities: isComplete ? indexes.map((index) => copied(entities[index] as unknown)) : [] };
}
