import { executeQueryPlan, type ServiceMap } from '@apollo/gateway';
import type { GraphQLDataSource } from '@apollo/gateway/dist/datasources/types.js';
import type { GatewayGraphQLRequestContext } from '@apollo/server-gateway-interface';
import { GraphQLError, type ExecutionResult } from 'graphql';
import type { Logger } from '#shared/logger.ts';
import type { GatewayContext } from '../gateway-context.ts';
import { formatGatewayError } from '../gateway-errors.ts';
import type { SubscriptionPlan } from './subscription-plan.ts';
import type { UpstreamEvent } from './upstream-stream.ts';

/**
 * Makes what a client receives from one event of the owning subgraph: the event, joined with what other subgraphs know at
 * the event's own tick, in the shape of the client's operation. Errors keep path and code; a subgraph that fails costs its
 * own fields. The event is changed on the way: it must not be used again.
 */
export async function executeEvent(options: {
  plan: SubscriptionPlan;
  event: UpstreamEvent;
  variables: Record<string, unknown>;
  context: GatewayContext;
  logger: Logger;
}): Promise<ExecutionResult> {
  const { plan, event, variables, logger } = options;
  const { generation } = plan;
  const context: GatewayContext = { ...options.context, tick: event.tick };
  const result = await executeQueryPlan(
    plan.eventPlan,
    servicesFor(plan, event),
    requestContext({ plan, variables, context, logger }),
    plan.operationContext,
    generation.supergraphSchema,
    generation.plannerApiSchema,
  );
  const extensions = { ...result.extensions, ...event.extensions };
  return {
    data: result.data ?? null,
    ...(result.errors && { errors: result.errors.map((error) => formatted(error, logger)) }),
    ...(Object.keys(extensions).length > 0 && { extensions }),
  };
}

function formatted(error: unknown, logger: Logger): GraphQLError {
  const { message, path, extensions } = formatGatewayError(error, logger);
  return new GraphQLError(message, { path, extensions });
}

/** The subgraphs, with the owning one answering the first fetch, which is the subscription itself, with the event. */
function servicesFor(plan: SubscriptionPlan, event: UpstreamEvent): ServiceMap {
  const services: ServiceMap = Object.create(null);
  for (const [name, { dataSource }] of plan.generation.subgraphs) services[name] = dataSource;
  const owner = services[plan.serviceName];
  const withEvent: GraphQLDataSource = {
    process: async (request) =>
      request.request.query === plan.upstream.operation
        ? { data: event.data, errors: event.errors }
        : owner!.process(request),
  };
  services[plan.serviceName] = withEvent;
  return services;
}

/** What `executeQueryPlan` reads of a request: variables, context, logger and metrics. */
function requestContext(options: {
  plan: SubscriptionPlan;
  variables: Record<string, unknown>;
  context: GatewayContext;
  logger: Logger;
}): GatewayGraphQLRequestContext {
  const { plan, variables, context, logger } = options;
  return {
    request: { variables, operationName: plan.operation.name?.value },
    context,
    logger,
    metrics: {},
    schema: plan.generation.apiSchema,
    document: plan.document,
    operation: plan.operation,
    operationName: plan.operation.name?.value ?? null,
  } as unknown as GatewayGraphQLRequestContext;
}
