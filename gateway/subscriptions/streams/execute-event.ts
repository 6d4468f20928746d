import { executeQueryPlan, type ServiceMap } from '@apollo/gateway';
import type { GraphQLDataSource } from '@apollo/gateway/dist/datasources/types.js';
import type { GatewayGraphQLRequestContext, GatewayGraphQLResponse } from '@apollo/server-gateway-interface';
import { GraphQLError, type ExecutionResult, type GraphQLFormattedError } from 'graphql';
import type { Logger } from '#shared/logger.ts';
import type { GatewayContext } from '../../gateway-context.ts';
import { formatGatewayError } from '../../gateway-errors.ts';
import type { PreparedSubscription } from '../plans/prepare-subscription.ts';
import { shaped, shapedErrors, type Shape } from '../plans/response-shape.ts';
import type { SharedFetches } from '../upstreams/shared-fetches.ts';
import type { UpstreamEvent } from '../upstreams/upstream-stream.ts';

/**
 * Makes what clients receive from one event of the owning subgraph: the event, joined with what other subgraphs know at the
 * event's own tick, in the shape of their operation. Errors keep path and code; a subgraph that fails costs its own fields.
 * The event stays as it is: it is copied into the shape of the plan.
 */
export async function executeEvent(options: {
  prepared: PreparedSubscription;
  event: UpstreamEvent;
  /** On whose behalf other subgraphs are asked. */
  context: GatewayContext;
  fetches: SharedFetches;
  logger: Logger;
}): Promise<ExecutionResult> {
  const { prepared, event, logger } = options;
  const { plan } = prepared;
  const context: GatewayContext = { ...options.context, tick: event.tick };
  const result = await executeQueryPlan(
    plan.eventPlan,
    servicesFor(prepared, event, context, options.fetches),
    requestContext(prepared, context, logger),
    plan.operationContext,
    plan.generation.supergraphSchema,
    plan.generation.plannerApiSchema,
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

/**
 * The subgraphs as the plan asks them: the owning one answers the first fetch, which is the subscription itself, with the
 * event; other fetches are sent in their canonical form, each once for all operations that want the same of this event.
 */
function servicesFor(
  prepared: PreparedSubscription,
  event: UpstreamEvent,
  context: GatewayContext,
  fetches: SharedFetches,
): ServiceMap {
  const { plan, upstream } = prepared;
  // Public streams ask on behalf of nobody.
  const identity = context.authorization ?? '';
  const services: ServiceMap = Object.create(null);
  for (const [name, { dataSource }] of plan.generation.subgraphs) {
    const asked: GraphQLDataSource<GatewayContext> = {
      async process(options) {
        const { request } = options;
        if (request.query === plan.upstream.operation) return answerOf(event, upstream.shape);
        const { text, shape } = prepared.fetch(request.query!);
        const { representations } = request.variables ?? {};
        const variables = representations === undefined ? {} : { representations };
        const key = `${name}\n${text}\n${JSON.stringify(variables)}\n${identity}`;
        const answer = await fetches.get(key, () =>
          dataSource.process({ ...options, request: { ...request, query: text, operationName: undefined, variables } }),
        );
        return answerOf(answer, shape);
      },
    };
    services[name] = asked as GraphQLDataSource;
  }
  return services;
}

function answerOf(
  { data, errors }: { data?: Record<string, unknown> | null; errors?: readonly GraphQLFormattedError[] },
  shape: Shape,
): GatewayGraphQLResponse {
  return { data: data && shaped(data, shape), errors: errors && shapedErrors(errors, shape, data) };
}

/** What `executeQueryPlan` reads of a request: variables, context, logger and metrics. */
function requestContext(
  { plan, variables }: PreparedSubscription,
  context: GatewayContext,
  logger: Logger,
): GatewayGraphQLRequestContext {
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
