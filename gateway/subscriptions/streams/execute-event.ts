import { GraphQLError } from 'graphql';
import type { Logger } from '#shared/logger.ts';
import type { GatewayContext } from '../../gateway-context.ts';
import { formatGatewayError } from '../../gateway-errors.ts';
import type { Executed } from '../../queries/compiled/executable-plan.ts';
import type { FetchFromSubgraph, SubgraphAnswer } from '../../queries/subgraph-fetch.ts';
import { completedAnswer } from '../../security/access/completed-answer.ts';
import { refusalsOf } from '../../security/access/operation-variant.ts';
import type { PreparedSubscription } from '../plans/prepare-subscription.ts';
import { shaped, shapedErrors, type Shape } from '../plans/response-shape.ts';
import type { SharedFetches } from '../upstreams/shared-fetches.ts';
import type { UpstreamEvent } from '../upstreams/upstream-stream.ts';

/**
 * Makes what clients receive from one event of the owning subgraph: the event, joined with what other subgraphs know at the
 * event's own tick, in the shape of their operation. Errors keep path and code; a subgraph that fails costs its own fields.
 * The event stays as it is: it is copied into the shape of the plan.
 * @returns the execution result as JSON
 */
export async function executeEvent(options: {
  prepared: PreparedSubscription;
  event: UpstreamEvent;
  /** On whose behalf other subgraphs are asked. */
  context: GatewayContext;
  fetches: SharedFetches;
  logger: Logger;
}): Promise<string> {
  const { prepared, event, logger } = options;
  const { plan } = prepared;
  const context: GatewayContext = { ...options.context, tick: event.tick };
  const executed = await plan.perEvent.execute({
    isForgiving: true,
    variables: prepared.variables,
    context,
    fetch: fetchForEvent(prepared, options.fetches),
    firstAnswer: answerOf(event, prepared.upstream.shape),
  });
  const extensions = { ...executed.extensions, ...event.extensions };
  const { data, errors } = withRefusals(prepared, executed);
  const told = errors.length > 0 ? `,"errors":${JSON.stringify(errors.map((error) => formatted(error, logger)))}` : '';
  const beside = Object.keys(extensions).length > 0 ? `,"extensions":${JSON.stringify(extensions)}` : '';
  return `{"data":${data}${told}${beside}}`;
}

/** What the caller may not see is null in every event, with the same errors. */
function withRefusals(
  { variant, plan, variables }: PreparedSubscription,
  { data = 'null', errors }: Executed,
): { data: string; errors: readonly unknown[] } {
  if (!variant) return { data, errors };
  const answered = JSON.parse(data) as Record<string, unknown> | null;
  return {
    data: JSON.stringify(completedAnswer(variant, plan.generation.apiSchema, answered, variables)),
    errors: [...refusalsOf(variant, variables), ...errors],
  };
}

function formatted(error: unknown, logger: Logger): GraphQLError {
  const { message, path, extensions } = formatGatewayError(error, logger);
  return new GraphQLError(message, { path, extensions });
}

/**
 * Asks the subgraphs that do not own the event: in canonical form, each thing once for all operations that want the same of
 * this event.
 */
function fetchForEvent(prepared: PreparedSubscription, fetches: SharedFetches): FetchFromSubgraph {
  const { generation } = prepared.plan;
  return async ({ operation: planned, representations }, context) => {
    const { operation, shape } = prepared.fetch(planned);
    // Public streams ask on behalf of nobody.
    const identity = context.authorization ?? '';
    const key = `${operation.subgraph}\n${operation.text}\n${representations?.join(',')}\n${identity}`;
    // Its variables are in the text.
    const fetch = { operation, variables: '', representations };
    return answerOf(await fetches.get(key, () => generation.fetch(fetch, context)), shape);
  };
}

function answerOf({ data, errors }: SubgraphAnswer, shape: Shape): SubgraphAnswer {
  return { data: data && shaped(data, shape), errors: errors && shapedErrors(errors, shape, data) };
}
