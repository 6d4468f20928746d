import { setTimeout as wait } from 'node:timers/promises';
import type { Logger } from '#shared/logger.ts';
import { formatTickReference } from '#shared/ticks/tick-reference.ts';
import type { GatewayContext } from '../../gateway-context.ts';
import { bodyOf, type FetchFromSubgraph, type SubgraphAnswer, type SubgraphOperation } from '../subgraph-fetch.ts';
import type { Freshness } from '../caching/freshness.ts';
import { failedAnswer } from './failed-answer.ts';
import { freshnessOf } from './reply-headers.ts';
import { isForEverybody, type RequestHeaders } from './request-headers.ts';
import type { RequestGuard } from './request-guard.ts';
import type { RequestMetrics } from './request-metrics.ts';
import { outcomeOf, takeAnswer, type Failed, type Outcome } from './request-outcome.ts';
import { retryDelayMs, type RetryBudget } from './retry-policy.ts';
import type { SharedRequests } from './shared-requests.ts';
import type { SubgraphClient } from './subgraph-client.ts';

/** One request: what every attempt to send it has in common. */
type SubgraphRequest = { operation: SubgraphOperation; context: GatewayContext; body: string; deadline: number };

/**
 * Asks one subgraph: what is the same and under way is asked once, what failed is asked again where that is safe, and a
 * subgraph that fails all the time is left alone. Whatever goes wrong costs the fields that were asked for, and no more time
 * than there is.
 *
 * The request of a client that has gone is answered to its end: what comes of it may be shared or kept, a mutation is to be
 * done, and the deadline ends it all the same.
 */
export function createFetchFromSubgraph(options: {
  name: string;
  client: SubgraphClient;
  guard: RequestGuard;
  headers: RequestHeaders;
  /** Milliseconds that the subgraph has for an answer, repetitions included. */
  timeoutMs: number;
  /** How often a request is repeated. */
  retries: number;
  budget: RetryBudget;
  /** Without it every request is sent. */
  sharing: SharedRequests | undefined;
  metrics: RequestMetrics;
  logger: Logger;
}): FetchFromSubgraph {
  const { client, guard, headers, timeoutMs, budget, sharing, metrics, logger } = options;

  /** Sends it once, now. */
  function send({ operation, context, body, deadline }: SubgraphRequest): Promise<Outcome> {
    const start = performance.now();
    const reply = client.post(headers(operation, context, deadline - start), body, deadline);
    metrics.inFlight += 1;
    return reply.then((received) => {
      metrics.inFlight -= 1;
      const outcome = outcomeOf(received);
      metrics.ended(outcome.kind, (performance.now() - start) / 1_000);
      return outcome;
    });
  }

  /** Sends it as often as it takes and as it may be. */
  async function ask(request: SubgraphRequest): Promise<Outcome> {
    const { operation, context, deadline } = request;
    budget.earn();
    for (let attempt = 1; ; attempt += 1) {
      let isSent = false;
      const sendIt = () => {
        isSent = true;
        return send(request);
      };
      const outcome = await guard.run(sendIt, deadline);
      if (outcome.kind === 'answered') return outcome;
      if (isSent) tell(outcome, context);
      else metrics.ended(outcome.kind, undefined);
      if (attempt > options.retries) return outcome;
      const leftMs = deadline - performance.now();
      const delayMs = retryDelayMs(outcome, { kind: operation.kind, attempt, leftMs, random: Math.random() });
      if (delayMs === undefined || !budget.spend()) return outcome;
      metrics.retried();
      await wait(delayMs);
    }
  }

  function outcomeFor(request: SubgraphRequest): Promise<Outcome> {
    const { operation, context, body, deadline } = request;
    // What nobody in particular is told nobody in particular may share.
    const isAnonymous = operation.kind === 'query' && context.authorization === undefined;
    if (!sharing || !(isForEverybody(operation) || isAnonymous)) return ask(request);
    const key = context.tick ? `${formatTickReference(context.tick)} ${body}` : body;
    return sharing.ask(key, deadline, () => ask(request));
  }

  function tell({ kind, error: err }: Failed, { correlationId }: GatewayContext): void {
    logger.warn({ err, subgraph: options.name, failure: kind, correlationId }, 'a subgraph did not answer');
  }

  return async (fetch, context): Promise<SubgraphAnswer> => {
    const { operation } = fetch;
    const deadline = Math.min(context.deadline ?? Infinity, performance.now() + timeoutMs);
    try {
      const outcome = await outcomeFor({ operation, context, body: bodyOf(fetch), deadline });
      const answer = outcome.kind === 'answered' ? takeAnswer(outcome) : failedAnswer(outcome.kind);
      if (context.freshness) restrict(context.freshness, outcome, answer, operation);
      return answer;
    } catch (err) {
      const { correlationId } = context;
      logger.error({ err, subgraph: options.name, correlationId }, 'a subgraph could not be asked');
      context.freshness?.restrict({ maxAge: 0, isPrivate: operation.isPersonal });
      return failedAnswer('unsendable');
    }
  };
}

/** An answer may be kept as its headers say; one with errors may not, and a personal one only for who has asked. */
function restrict(
  freshness: Freshness,
  outcome: Outcome,
  { errors }: SubgraphAnswer,
  { isPersonal }: SubgraphOperation,
): void {
  const said = outcome.kind === 'answered' ? freshnessOf(outcome.rawHeaders) : { maxAge: 0, isPrivate: false };
  freshness.restrict({ maxAge: errors ? 0 : said.maxAge, isPrivate: said.isPrivate || isPersonal });
}
