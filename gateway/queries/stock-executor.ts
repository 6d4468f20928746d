import { operationFromDocument } from '@apollo/federation-internals';
import { buildOperationContext, executeQueryPlan, type ServiceMap } from '@apollo/gateway';
import type { GraphQLDataSource } from '@apollo/gateway/dist/datasources/types.js';
import type { GatewayExecutionResult, GatewayGraphQLRequestContext } from '@apollo/server-gateway-interface';
import { getVariableValues } from 'graphql';
import type { Logger } from '#shared/logger.ts';
import type { Generation } from '../supergraph/generation.ts';

/** Executes an operation as @apollo/gateway does. */
export function createStockExecutor({ logger }: { logger: Logger }) {
  return async (
    generation: Generation,
    requestContext: GatewayGraphQLRequestContext,
  ): Promise<GatewayExecutionResult> => {
    const { request, document, operation } = requestContext;
    const operationName = request.operationName;
    const { errors } = getVariableValues(
      generation.apiSchema,
      operation.variableDefinitions ?? [],
      request.variables ?? {},
    );
    if (errors) return { errors };
    const plan = generation.planner.buildQueryPlan(
      operationFromDocument(generation.plannerApiSchema, document, { operationName }),
    );
    const services: ServiceMap = Object.create(null);
    for (const [name, { dataSource }] of generation.subgraphs) services[name] = dataSource as GraphQLDataSource;
    return executeQueryPlan(
      plan,
      services,
      { ...requestContext, logger } as GatewayGraphQLRequestContext,
      buildOperationContext({ schema: generation.apiSchema, operationDocument: document, operationName }),
      generation.supergraphSchema,
      generation.plannerApiSchema,
    );
  };
}
