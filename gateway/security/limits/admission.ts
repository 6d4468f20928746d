import type { GraphQLError, GraphQLFormattedError } from 'graphql';
import { counter, plainHistogram, type Registry } from '#shared/metrics.ts';
import type { ValidOperation } from '../../valid-documents.ts';
import { limitError } from './limit-error.ts';
import type { Budget, Rates } from './rates.ts';

/** An operation that may be executed. */
export type Admitted = {
  isAdmitted: true;
  /** What it costs, by estimate. */
  cost: number;
  /** What is left of the client's budget; `undefined` where it has no limit. */
  budget: Budget | undefined;
};

/** An operation that is refused, and nothing of it was executed. */
export type Refused = {
  isAdmitted: false;
  /** The status of an answer over HTTP. */
  status: 400 | 429;
  errors: GraphQLFormattedError[];
  budget: Budget | undefined;
};

export type Admission = {
  /** What an operation may cost. */
  maxCost: number;
  /**
   * Admits a query, a mutation or the start of a subscription, whose events then cost nothing; each request, once.
   * @param variables as the client has sent them
   * @param client what `clientKey` makes of it
   * @param extra what has to be paid beside the cost, for what was found out the first time
   */
  admit(
    operation: Pick<ValidOperation, 'costOf'>,
    variables: Readonly<Record<string, unknown>> | null | undefined,
    client: string,
    extra?: number,
  ): Admitted | Refused;
  /** Takes the least that a request costs, of one that comes to nothing. @returns the refusal where that is not left */
  spend(client: string): Refused | undefined;
  /** What is left of a client's budget now; `undefined` where it has no limit. */
  budgetOf(client: string): Budget | undefined;
  /** Counts a request of which nothing can be executed, with what is wrong with it: that is not free either. */
  refuse(errors: readonly GraphQLError[], client: string): Refused;
};

/** What a request costs at least, whatever it asks for. */
const leastCost = 1;
/** Beyond, costs are told by how many there are and not by how large they were. */
const largestMeasured = 1_000_000;
const noVariables = {};

/**
 * Decides whether an operation may be executed, whatever the transport: by its cost, and by what is left of the client's
 * budget.
 * @param options.now milliseconds of `performance.now()`
 */
export function createAdmission(options: {
  maxCost: number;
  rates: Rates;
  metrics: Registry;
  now?: () => number;
}): Admission {
  const { maxCost, rates, metrics, now = () => performance.now() } = options;
  const observeCost = plainHistogram(
    metrics,
    'gold_gateway_operation_cost',
    'Estimated cost of operations, refused ones too',
    [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 100_000],
  )({});
  const refusals = counter(metrics, 'gold_gateway_operations_refused_total', 'Operations refused before execution', [
    'code',
  ]);

  function refused(errors: readonly GraphQLError[], budget: Budget | undefined): Refused {
    refusals.inc({ code: String(errors[0]?.extensions.code) });
    const status = errors[0]?.extensions.code === 'RATE_LIMITED' ? 429 : 400;
    return { isAdmitted: false, status, errors: errors.map((error) => error.toJSON()), budget };
  }

  function take(client: string, cost: number): Budget | undefined {
    return rates.take(client, Math.max(leastCost, cost), now());
  }

  return {
    maxCost,
    admit({ costOf }, variables, client, extra = 0) {
      const cost = costOf(variables ?? noVariables);
      observeCost(Math.min(cost, largestMeasured));
      if (cost > maxCost) return refused([tooExpensive(cost, maxCost)], take(client, leastCost));
      const budget = take(client, cost + extra);
      if (budget && budget.retryAfterMs > 0) return refused([rateLimited(budget.retryAfterMs)], budget);
      return { isAdmitted: true, cost, budget };
    },
    spend(client) {
      const budget = take(client, leastCost);
      return budget && budget.retryAfterMs > 0 ? refused([rateLimited(budget.retryAfterMs)], budget) : undefined;
    },
    budgetOf(client) {
      const budget = rates.take(client, 0, now());
      // Nothing was asked for, so nothing was refused, not even where others have used more than there was.
      return budget && { ...budget, retryAfterMs: 0 };
    },
    refuse(errors, client) {
      const budget = take(client, leastCost);
      if (budget && budget.retryAfterMs > 0) return refused([rateLimited(budget.retryAfterMs)], budget);
      return refused(errors, budget);
    },
  };
}

/** What a client is told that sends several operations as a JSON array. */
export function batchingNotSupported(): GraphQLError {
  return limitError('BATCHING_NOT_SUPPORTED', 'A request has one operation: arrays of them are not taken');
}

function tooExpensive(cost: number, limit: number): GraphQLError {
  const isMeasured = Number.isFinite(cost);
  const asked = isMeasured ? `it would cost ${cost}, and ${limit} is allowed` : `more than ${limit} is not allowed`;
  return limitError(
    'COST_LIMIT_EXCEEDED',
    `The operation asks for too much: ${asked}. Ask for shorter lists, or in parts`,
    {
      details: { cost: isMeasured ? cost : null, limit },
    },
  );
}

function rateLimited(retryAfterMs: number): GraphQLError {
  return limitError('RATE_LIMITED', `Your budget is used up: try again in ${retryAfterMs} ms`, {
    retryable: true,
    details: { retryAfterMs },
  });
}
