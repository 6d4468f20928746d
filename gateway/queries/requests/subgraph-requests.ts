import type { Logger } from '#shared/logger.ts';
import type { Registry } from '#shared/metrics.ts';
import type { FetchFromSubgraph } from '../subgraph-fetch.ts';
import { createFetchFromSubgraph } from './fetch-from-subgraph.ts';
import { createRequestGuard, type BreakerState } from './request-guard.ts';
import { createRequestHeaders } from './request-headers.ts';
import { createRequestMetrics } from './request-metrics.ts';
import type { Outcome } from './request-outcome.ts';
import { createRetryBudget } from './retry-policy.ts';
import { createSharedRequests } from './shared-requests.ts';
import { createSubgraphClient, type SubgraphClient } from './subgraph-client.ts';

/** Where a subgraph is asked, and how. */
export type AskedSubgraph = { name: string; url: string; fetch: FetchFromSubgraph };

export type SubgraphRequests = {
  /** The way to a subgraph; the same one for as long as its address stays. @throws Error without an address */
  of(definition: { name: string; url?: string }): AskedSubgraph;
  /**
   * Closes the connections to all subgraphs but these, when what is under way is answered. Who still asks one of the others
   * is given connections that close by themselves.
   */
  retain(subgraphs: Iterable<{ name: string; url: string }>): void;
  close(): Promise<void>;
};

export type SubgraphRequestSettings = {
  /** Requests of one subgraph at a time: a connection carries one. */
  connections: number;
  /** Requests that may wait for one of them. */
  queue: number;
  /** Milliseconds that a subgraph has to answer, repetitions included. */
  timeoutMs: number;
  /** Bytes that an answer may have. */
  answerLimitBytes: number;
  /** How often a request that has failed is repeated. */
  retries: number;
  /** Whether the same public query is sent once while it is under way. */
  sharing: boolean;
  /** Failures in a row after which a subgraph is left alone. */
  breakerFailures: number;
  /** Milliseconds for which it is. */
  breakerMs: number;
  gatewaySecret: string | undefined;
};

/** The subgraphs that this gateway asks. @param options.urls addresses that override the supergraph's, by name */
export function createSubgraphRequests(
  options: SubgraphRequestSettings & {
    urls: Record<string, string | undefined>;
    metrics: Registry;
    logger: Logger;
  },
): SubgraphRequests {
  const { logger, timeoutMs } = options;
  const allMetrics = createRequestMetrics(options.metrics);
  const headers = createRequestHeaders(options.gatewaySecret);
  const known = new Map<string, AskedSubgraph & { client: SubgraphClient }>();

  function connect(name: string, url: string): AskedSubgraph & { client: SubgraphClient } {
    const client = createSubgraphClient({ ...options, url });
    const guard = createRequestGuard({
      ...options,
      concurrency: options.connections,
      isFailure: (outcome) => isFailure(outcome, timeoutMs),
      onStateChange: (state) => tellState(logger, name, state),
    });
    const metrics = allMetrics.of(name, guard.state);
    const sharing = options.sharing ? createSharedRequests(metrics.shared) : undefined;
    const budget = createRetryBudget();
    return {
      name,
      url,
      client,
      fetch: createFetchFromSubgraph({ ...options, name, client, guard, headers, budget, sharing, metrics }),
    };
  }

  return {
    of(definition) {
      const { name } = definition;
      const url = options.urls[name] ?? definition.url;
      if (!url) throw new Error(`The supergraph has no address for the subgraph ${name}`);
      const key = keyOf({ name, url });
      const subgraph = known.get(key) ?? connect(name, url);
      known.set(key, subgraph);
      return subgraph;
    },
    retain(subgraphs) {
      const retained = [...subgraphs];
      const keys = new Set(retained.map(keyOf));
      const names = new Set(retained.map(({ name }) => name));
      for (const [key, { name, client }] of known) {
        if (keys.has(key)) continue;
        known.delete(key);
        client.retire();
        if (!names.has(name)) allMetrics.forget(name);
      }
    },
    async close() {
      await Promise.all([...known.values()].map(({ client }) => client.close()));
    },
  };
}

function keyOf({ name, url }: { name: string; url: string }): string {
  return `${name} ${url}`;
}

/**
 * Whether it is the subgraph that has failed, and not the request: one that is too large, wrong (4xx), or that had hardly any
 * time left says nothing of the subgraph. Errors of GraphQL are answers.
 */
function isFailure(outcome: Outcome, timeoutMs: number): boolean {
  switch (outcome.kind) {
    case 'unreachable':
    case 'broken':
      return true;
    case 'late':
      return (outcome.givenMs ?? 0) >= timeoutMs / 10;
    case 'invalid':
      return !(outcome.status !== undefined && outcome.status >= 400 && outcome.status < 500);
    default:
      return false;
  }
}

function tellState(logger: Logger, subgraph: string, state: BreakerState): void {
  if (state === 'open') logger.warn({ subgraph }, 'a subgraph has failed again and again: it is not asked for a while');
  if (state === 'closed') logger.info({ subgraph }, 'a subgraph answers again');
}
