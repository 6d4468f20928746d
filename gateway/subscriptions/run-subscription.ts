import { GraphQLError, parse, type DocumentNode, type ExecutionResult, type OperationDefinitionNode } from 'graphql';
import { getVariableValues } from 'graphql/execution/values.js';
import { abortable } from '#shared/async-iteration.ts';
import type { Logger } from '#shared/logger.ts';
import type { GatewayContext } from '../gateway-context.ts';
import { executeEvent } from './execute-event.ts';
import { resumeOperation } from './resume-operation.ts';
import type { SubscriptionPlan, SubscriptionPlanner } from './subscription-plan.ts';
import type { UpstreamConnections } from './upstream-connections.ts';
import { upstreamEvents } from './upstream-stream.ts';

/** A subscription that has been planned and may be run. */
export type PreparedSubscription = {
  plan: SubscriptionPlan;
  variables: Record<string, unknown>;
  context: GatewayContext;
};

/**
 * Plans a client's subscription and checks its variables, before anything is asked of a subgraph.
 * @throws DomainError or GraphQLError when it cannot be run
 */
export function prepareSubscription(
  planner: SubscriptionPlanner,
  request: {
    document: DocumentNode;
    operation: OperationDefinitionNode;
    variables: Record<string, unknown>;
    context: GatewayContext;
  },
): PreparedSubscription {
  const { document, operation, variables, context } = request;
  const plan = planner.plan(document, operation);
  const { errors } = getVariableValues(plan.generation.apiSchema, operation.variableDefinitions ?? [], variables);
  if (errors)
    throw new GraphQLError(errors[0]!.message, { nodes: errors[0]!.nodes, extensions: { code: 'BAD_USER_INPUT' } });
  return { plan, variables, context };
}

/**
 * Runs a subscription: subscribes at the subgraph that owns the field, and joins each event with what other subgraphs
 * know. Results come in the order of the events. `return()` ends the upstream subscription at once.
 * The iterator throws UpstreamRefusal when the subgraph refuses.
 */
export function runSubscription(
  { plan, variables, context }: PreparedSubscription,
  { connections, logger }: { connections: UpstreamConnections; logger: Logger },
): AsyncIterableIterator<ExecutionResult> {
  const { generation, upstream } = plan;
  const { url } = generation.subgraphs.get(plan.serviceName)!;
  return abortable(async function* (signal) {
    const events = upstreamEvents({
      client: () => connections.clientFor({ url, authorization: context.authorization }),
      operation: upstream.operation,
      resume: (sequence) => resumeOperation(generation.apiSchema, parse(upstream.operation), sequence),
      variables: upstreamVariables(plan, variables),
      signal,
      logger,
    });
    for await (const event of events) {
      yield await executeEvent({ plan, event, variables, context, logger });
    }
  });
}

/** The variables that the upstream operation uses, as the client gave them; the subgraph coerces them. */
function upstreamVariables(plan: SubscriptionPlan, variables: Record<string, unknown>): Record<string, unknown> {
  const used = plan.upstream.variableUsages ?? [];
  return Object.fromEntries(
    used.filter((name) => variables[name] !== undefined).map((name) => [name, variables[name]]),
  );
}
