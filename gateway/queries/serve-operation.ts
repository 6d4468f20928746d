import { GraphQLError, type ExecutionResult, type GraphQLFormattedError } from 'graphql';
import type { GatewayContext } from '../gateway-context.ts';
import type { Admission } from '../security/limits/admission.ts';
import type { Budget } from '../security/limits/rates.ts';
import type { KeptText, CacheStore } from './caching/cache-store.ts';
import { notKept, policyOfExecuted, policyOfKept, type CachePolicy } from './caching/caching-headers.ts';
import { createFreshness } from './caching/freshness.ts';
import type { ResponseCache } from './caching/response-cache.ts';
import type { ExecuteOperation, OperationResult } from './execute-operation.ts';
import type { KnownOperation } from './known-operations.ts';

/** The answer to an operation, whatever the transport. */
export type Served = OperationResult & {
  /** For how long it may be kept, and by whom. */
  policy: CachePolicy;
  /** What the cache holds of it. */
  kept: KeptText | undefined;
  /** What is left of the client's budget; `undefined` where there is no limit. */
  budget: Budget | undefined;
};

/**
 * Answers a query or mutation that has been found valid. Everything that decides whether and how it is answered is in here, so
 * that it is the same on every way that leads here.
 */
export type ServeOperation = (
  known: KnownOperation,
  variables: Readonly<Record<string, unknown>> | undefined,
  context: GatewayContext,
) => Promise<Served>;

const noVariables = {};
const none: readonly GraphQLFormattedError[] = [];

/** What was served as transports have it that write results by themselves. */
export function executionResult({ data, errors, extensions }: Served): ExecutionResult {
  // A GraphQLError takes locations only from the nodes that they are made of, which a formatted error no longer has.
  const withPlace = (error: GraphQLFormattedError) =>
    Object.assign(new GraphQLError(error.message, error), { locations: error.locations });
  return {
    ...(errors.length > 0 && { errors: errors.map(withPlace) }),
    ...(data !== undefined && { data: JSON.parse(data) as Record<string, unknown> | null }),
    ...(extensions && { extensions }),
  };
}

/** @param options.responses keeps answers; without it none are kept */
export function createOperationServer(options: {
  admission: Admission;
  execute: ExecuteOperation;
  responses: { cache: ResponseCache; store: CacheStore } | undefined;
}): ServeOperation {
  const { admission, execute, responses } = options;
  const costs = { limit: admission.maxCost };

  /** Executes it, and finds out for how long the answer may be kept. */
  async function executed(
    known: KnownOperation,
    variables: Readonly<Record<string, unknown>>,
    context: GatewayContext,
  ) {
    const freshness = createFreshness();
    const result = await execute(known, variables, { ...context, freshness });
    // What did not fit the schema stands in the extensions: such an answer is not kept, either.
    return { ...result, hasErrors: result.errors.length > 0 || result.extensions !== undefined, freshness };
  }

  async function answerKept(
    { cache, store }: { cache: ResponseCache; store: CacheStore },
    known: KnownOperation,
    variables: Readonly<Record<string, unknown>>,
    context: GatewayContext,
  ): Promise<OperationResult & { policy: CachePolicy; kept: KeptText | undefined }> {
    const cachable = known.cachable!;
    const key = cache.keyOf(cachable, variables);
    if (key === undefined) return { ...(await execute(known, variables, context)), policy: notKept, kept: undefined };
    const asKept = (kept: KeptText) => {
      const policy = policyOfKept(kept, store.ageMsOf(kept));
      return { status: 200, data: kept.text, errors: none, extensions: undefined, policy, kept };
    };
    const answer = await cache.answer(cachable, key, () => executed(known, variables, context));
    if (answer.executed === undefined) return asKept(answer.kept);
    if (answer.kept) return asKept(answer.kept);
    const { status, data, errors, extensions, hasErrors, freshness } = answer.executed;
    const policy = hasErrors ? notKept : policyOfExecuted(cachable.maxAge, freshness);
    return { status, data, errors, extensions, policy, kept: undefined };
  }

  return async (known, variables = noVariables, context) => {
    const wrong = known.wrongVariables(variables);
    const admitted = wrong
      ? admission.refuse(wrong, context.client)
      : admission.admit(known, variables, context.client, known.isPlanned ? 0 : known.readingCost);
    const { budget } = admitted;
    if (!admitted.isAdmitted) {
      const { status, errors } = admitted;
      return { status, data: undefined, errors, extensions: undefined, policy: notKept, kept: undefined, budget };
    }
    known.isPlanned = true;
    const cost = { estimated: admitted.cost, ...costs };
    if (responses && known.cachable) {
      const answer = await answerKept(responses, known, variables, context);
      return { ...answer, extensions: { ...answer.extensions, cost }, budget };
    }
    const { status, data, errors, extensions } = await execute(known, variables, context);
    return {
      status,
      data,
      errors,
      extensions: extensions ? { ...extensions, cost } : { cost },
      policy: notKept,
      kept: undefined,
      budget,
    };
  };
}
