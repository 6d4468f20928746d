import { OperationTypeNode, print, type ExecutionResult, type GraphQLFormattedError } from 'graphql';
import { withCorrelation } from '#shared/correlation.ts';
import { formatError } from '#shared/error-format.ts';
import type { Logger } from '#shared/logger.ts';
import type { GatewayContext } from '../gateway-context.ts';
import { refusalOfAll, refusalsOf, type AccessRefusal } from '../security/access/operation-variant.ts';
import type { KnownOperation, KnownOperations } from '../queries/known-operations.ts';
import { persistedQueryNotFound, type RequestedDocuments } from '../queries/persisted-queries/requested-document.ts';
import type { Admission } from '../security/limits/admission.ts';
import type { Generation } from '../supergraph/generation.ts';
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
  /** Names a document that is known here, where the text is empty. */
  documentId?: unknown;
  extensions?: unknown;
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
  /** Finds the document that a request names. */
  requested: RequestedDocuments;
  operations: KnownOperations;
  admission: Admission;
  hub: StreamHub;
  execute: (
    known: KnownOperation,
    variables: OperationRequest['variables'],
    context: GatewayContext,
  ) => Promise<ExecutionResult>;
  reloadMs: number;
  /** What becomes of a subscription of which something is refused; by default it goes without that. */
  accessRefusal?: AccessRefusal;
  unsafe: UnsafeFields;
  metrics: StreamMetrics;
  logger: Logger;
}): ClientOperations & Reloadable {
  const { operations, admission, hub, metrics, logger } = options;
  let current: Current | undefined;
  /** What is gone over to. */
  let newest: Current | undefined;

  function prepareSubscription(
    valid: KnownOperation,
    request: OperationRequest,
    context: GatewayContext,
    transport: Transport,
  ): ClientOperation | readonly GraphQLFormattedError[] {
    const { planner, preparer } = current!;
    const variables = request.variables ?? {};
    const admitted = admission.admit(valid, variables, context.client, valid.isPlanned ? 0 : valid.readingCost);
    if (!admitted.isAdmitted) return admitted.errors;
    valid.isPlanned = true;
    const { needs, generation } = valid;
    const { access } = generation;
    const variant = needs && access.variantFor(needs, context.caller);
    const allowed = variant ? variant.allowed : valid;
    const whole = variant && options.accessRefusal === 'operation' ? refusalOfAll(variant, variables) : undefined;
    if (whole) return whole.errors.map((error) => error.toJSON());
    // A subscription has one root field: without it there is nothing to tell.
    if (!allowed) return refusalsOf(variant!, variables).map((error) => error.toJSON());
    const plan = planner.plan(allowed.document, allowed.operation);
    const { prepared, after } = preparer.prepare(plan, variables, variant);
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
  function prepareAgain(
    { generation, planner, preparer }: Current,
    { plan, variables, variant }: PreparedSubscription,
  ) {
    const { document, operation } = variant?.needs ?? plan;
    try {
      const valid = operations.read(generation, print(document), operation.name?.value);
      if (!('document' in valid)) return undefined;
      const before = variant?.needs ?? plan.generation.access.needsOf(document, operation);
      const { needs } = valid;
      // Who may see what of it would have to be found out again, for each of those who share the stream.
      if (needs?.signature !== before?.signature) return undefined;
      const again = needs && variant && generation.access.variantOf(needs, variant.key, variant.reason === 'FORBIDDEN');
      const allowed = again ? again.allowed : valid;
      return allowed && preparer.prepareAgain(planner.plan(allowed.document, allowed.operation), variables, again);
    } catch (error) {
      logger.warn({ err: error }, 'a subscription cannot be planned with the new schema');
      return undefined;
    }
  }

  function prepare(
    request: OperationRequest,
    context: GatewayContext,
    transport: Transport,
  ): ClientOperation | readonly GraphQLFormattedError[] {
    const named = options.requested.read(request);
    // A client whose hash is not known here is to send the text, as it is where Redis does not know it either.
    const document = named instanceof Promise ? persistedQueryNotFound : named;
    if ('refusal' in document) return admission.spend(context.client)?.errors ?? [document.refusal];
    const known = operations.read(current!.generation, document.query, request.operationName);
    if (!('document' in known)) return admission.refuse(known, context.client).errors;
    document.keep?.();
    const { operation: type } = known.operation;
    if (type === OperationTypeNode.SUBSCRIPTION) return prepareSubscription(known, request, context, transport);
    const isMutation = type === OperationTypeNode.MUTATION;
    return { kind: 'query', isMutation, execute: () => options.execute(known, request.variables, context) };
  }

  return {
    prepare: (request, context, transport) =>
      withCorrelation(context.correlationId, () => {
        try {
          return prepare(request, context, transport);
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
