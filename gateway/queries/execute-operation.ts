import { operationFromDocument } from '@apollo/federation-internals';
import type { DocumentNode, ExecutionResult, GraphQLFormattedError, OperationDefinitionNode } from 'graphql';
import type { Logger } from '#shared/logger.ts';
import { inContext, type GatewayContext } from '../gateway-context.ts';
import { formatGatewayError } from '../gateway-errors.ts';
import { refusalOfAll, type AccessRefusal } from '../security/access/operation-variant.ts';
import type { Generation } from '../supergraph/generation.ts';
import { compilePlan } from './compiled/compile-plan.ts';
import type { Executed, ExecutablePlan } from './compiled/executable-plan.ts';
import { stockPlan } from './compiled/stock-plan.ts';
import type { KnownOperation } from './known-operations.ts';

/** What a client is told of an operation. */
export type OperationResult = {
  /** The status of an answer over HTTP. */
  status: number;
  /** JSON; `undefined` where nothing was executed. */
  data: string | undefined;
  errors: readonly GraphQLFormattedError[];
  extensions: Record<string, unknown> | undefined;
};

export type ExecuteOperation = (
  known: KnownOperation,
  variables: Readonly<Record<string, unknown>>,
  context: GatewayContext,
) => Promise<OperationResult>;

/**
 * Executes operations: plans what the caller may see of one, once for all who may see the same, asks the subgraphs, and puts
 * null where something is refused.
 * @param options.accessRefusal whether a caller who may not see all of an operation is answered the rest of it
 */
export function createOperationExecutor(options: { accessRefusal: AccessRefusal; logger: Logger }): ExecuteOperation {
  const { accessRefusal, logger } = options;
  const formatted = (errors: readonly unknown[], context: GatewayContext) =>
    inContext(context, () => errors.map((error) => formatGatewayError(error, logger)));

  const execute: ExecuteOperation = async (known, variables, context) => {
    const { generation, needs } = known;
    const { access, fetch } = generation;
    const variant = needs && access.variantFor(needs, context.caller);
    if (!variant) {
      const executed = await planOf(known, 'all', known).execute({ variables, context, fetch, isForgiving: true });
      const { data, extensions } = executed;
      const errors = executed.errors.length === 0 ? none : formatted(executed.errors, context);
      return { status: 200, data, errors, extensions };
    }
    const whole = accessRefusal === 'operation' ? refusalOfAll(variant, variables) : undefined;
    if (whole)
      return { status: whole.status, data: undefined, errors: formatted(whole.errors, context), extensions: undefined };
    const {
      data,
      errors = [],
      extensions,
    } = await access.answer(variant, variables, async (allowed) =>
      resultOf(await planOf(known, variant.key, allowed).execute({ variables, context, fetch, isForgiving: true })),
    );
    return {
      status: 200,
      data: JSON.stringify(data),
      errors: errors.length === 0 ? none : formatted(errors, context),
      extensions,
    };
  };

  return (known, variables, context) =>
    execute(known, variables, context).catch((error: unknown) => {
      const errors = formatted([error], context);
      return { status: 500, data: undefined, errors, extensions: undefined };
    });
}

const none: readonly GraphQLFormattedError[] = [];

type Planned = { document: DocumentNode; operation: OperationDefinitionNode };

/** What is planned of an operation, ready to be executed. Planning takes about 1.5 ms, so it is kept. */
function planOf({ generation, plans }: KnownOperation, key: string, allowed: Planned): ExecutablePlan {
  const kept = plans.get(key);
  if (kept) return kept;
  const plan = makePlan(generation, allowed);
  plans.set(key, plan);
  return plan;
}

function makePlan(generation: Generation, { document, operation }: Planned): ExecutablePlan {
  const operationName = operation.name?.value;
  const asked = operationFromDocument(generation.plannerApiSchema, document, { operationName });
  const planned = {
    plan: generation.planner.buildQueryPlan(asked),
    document,
    operation,
    generation,
    plannerOperation: asked,
  };
  return compilePlan(planned) ?? stockPlan(planned);
}

function resultOf({ data, errors, extensions }: Executed): ExecutionResult {
  return {
    data: data === undefined ? null : (JSON.parse(data) as Record<string, unknown>),
    // They are formatted with the rest.
    errors: errors as ExecutionResult['errors'] & {},
    ...(extensions && { extensions }),
  };
}
