import { OperationTypeNode, print, type ExecutionResult, type GraphQLFormattedError } from 'graphql';
import { withCorrelation } from '#shared/correlation.ts';
import { formatError } from '#shared/error-format.ts';
import type { Logger } from '#shared/logger.ts';
import type { GatewayContext } from '../gateway-context.ts';
import type { Generation } from '../supergraph/generation.ts';
import type { ValidDocuments, ValidOperation } from '../valid-documents.ts';
import {
  createSubscriptionPreparer,
  type PreparedSubscription,
  type SubscriptionPreparer,
} from './plans/prepare-subscription.ts';
import { replan } from './replan.ts';
import type { StreamHub } from './streams/stream-hub.ts';
import type { Ending, JoinedStream, Subscriber } from './stream-message.ts';
import type { OperationEnd, StreamMetrics } from './streams/stream-metrics.ts';
import { createSubscriptionPlanner, type SubscriptionPlanner } from './plans/subscription-plan.ts';
import type { UnsafeFields } from './plans/unsafe-fields.ts';

/** What a client sends to start an operation, whatever the transport. */
export type OperationRequest = {
  query: string;
  variables?: Record<string, unknown> | null | undefined;
  operationName?: string | null | undefined;
};

/** An operation that has passed every check and can be started, once. */
export type ClientOperation =
  | {
      kind: 'subscription';
      /** Starts it; the first message may be delivered before this returns. `after` takes the place of the argument of that name. */
      join(subscriber: Subscriber, after?: string): JoinedStream;
      /** Whether it can be resumed with `after`. */
      isResumable: boolean;
    }
  | { kind: 'query'; isMutation: boolean; execute(): Promise<ExecutionResult> };

export type ClientOperations = {
  /** @returns the operation, or the errors with which it alone is refused */
  prepare(
    request: OperationRequest,
    context: GatewayContext,
    transport: Transport,
  ): ClientOperation | readonly GraphQLFormattedError[];
  /** A client has renewed its access token: its personal streams go on with the new one. */
  renewed(context: GatewayContext): void;
};

/** How a client is connected; a label of the metrics. */
export type Transport = 'websocket' | 'sse' | 'multipart';

type Reloadable = {
  /** Goes over to a generation. What runs is planned with it first; until then it goes on with the one before. */
  load(generation: Generation): Promise<void>;
};

/** What makes the subscriptions of one generation of the schema. */
type Current = { generation: Generation; planner: SubscriptionPlanner; preparer: SubscriptionPreparer };

/**
 * The operations that clients start, whatever the transport: parsed, validated, planned, and joined to the streams that run.
 * @param options.execute executes a query or mutation
 * @param options.reloadMs milliseconds over which clients are asked to come back whose streams a new schema has changed
 */
export function createClientOperations(options: {
  documents: ValidDocuments;
  hub: StreamHub;
  execute: (request: OperationRequest, context: GatewayContext) => Promise<ExecutionResult>;
  reloadMs: number;
  unsafe: UnsafeFields;
  metrics: StreamMetrics;
  logger: Logger;
}): ClientOperations & Reloadable {
  const { documents, hub, metrics, logger } = options;
  let current: Current | undefined;
  /** What is gone over to. */
  let newest: Current | undefined;

  function prepareSubscription(
    valid: ValidOperation,
    request: OperationRequest,
    context: GatewayContext,
    transport: Transport,
  ): ClientOperation {
    const { planner, preparer } = current!;
    const plan = planner.plan(valid.document, valid.operation);
    const { prepared, after } = preparer.prepare(plan, request.variables ?? {});
    const { isConflatable, isPersonal } = prepared;
    // It belongs to a generation, which whoever holds the operation or the joined stream may outlive.
    let unstarted: PreparedSubscription | undefined = prepared;
    return {
      kind: 'subscription',
      isResumable: prepared.upstream.isResumable,
      join(subscriber, afterOfTransport) {
        const started = unstarted!;
        unstarted = undefined;
        metrics.operationStarted(transport);
        const counted = countedOnce((reason) => metrics.operationEnded(transport, reason));
        const { deliver, whenSent } = subscriber;
        const end = (ending: Ending) => {
          counted(reasonOf(ending));
          subscriber.end(ending);
        };
        const leave = hub.join(
          started,
          context,
          { deliver, end, ...(whenSent && { whenSent }) },
          afterOfTransport ?? after,
        );
        return {
          isConflatable,
          isPersonal,
          leave(reason) {
            counted(reason);
            leave();
          },
        };
      },
    };
  }

  /** What runs, with another generation; `undefined` where it is not valid any more. */
  function prepareAgain({ generation, planner, preparer }: Current, { plan, variables }: PreparedSubscription) {
    const { document, operation } = plan;
    try {
      const valid = documents.read(generation, print(document), operation.name?.value);
      if (Array.isArray(valid)) return undefined;
      return preparer.prepareAgain(planner.plan(valid.document, valid.operation), variables);
    } catch (error) {
      logger.warn({ err: error }, 'a subscription cannot be planned with the new schema');
      return undefined;
    }
  }

  return {
    prepare: (request, context, transport) =>
      withCorrelation(context.correlationId, () => {
        const { generation } = current!;
        const valid = documents.read(generation, request.query, request.operationName);
        if (Array.isArray(valid)) return valid.map((error) => error.toJSON());
        const { operation: type } = valid.operation;
        if (type !== OperationTypeNode.SUBSCRIPTION) {
          const isMutation = type === OperationTypeNode.MUTATION;
          return { kind: 'query', isMutation, execute: () => options.execute(request, context) };
        }
        try {
          return prepareSubscription(valid, request, context, transport);
        } catch (error) {
          return [formatError(error, logger)];
        }
      }),
    renewed: hub.renewed,
    async load(generation) {
      const planner = createSubscriptionPlanner(generation);
      const preparer = createSubscriptionPreparer(generation, options.unsafe);
      const next: Current = { generation, planner, preparer };
      newest = next;
      if (current) {
        const replanned = await replan(
          hub.running(),
          (prepared) => prepareAgain(next, prepared),
          () => newest === next,
        );
        if (!replanned) return;
        current = next;
        hub.reload(replanned, options.reloadMs);
      } else current = next;
    },
  };
}

function countedOnce(count: (reason: OperationEnd) => void): (reason: OperationEnd) => void {
  let isCounted = false;
  return (reason) => {
    if (!isCounted) count(reason);
    isCounted = true;
  };
}

function reasonOf(ending: Ending): OperationEnd {
  if (ending.kind === 'reconnect') return ending.reason;
  return ending.kind === 'complete' ? 'completed' : 'failed';
}
