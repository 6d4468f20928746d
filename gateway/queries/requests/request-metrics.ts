import { countedByLabels, counter, durationBuckets, gauge, plainHistogram, type Registry } from '#shared/metrics.ts';
import type { Outcome } from './request-outcome.ts';
import type { BreakerState } from './request-guard.ts';

/** What is counted of the requests of one subgraph. */
export type RequestMetrics = {
  /** Requests that are under way now; a plain number, read when somebody scrapes. */
  inFlight: number;
  /** A request has come to its end, or was refused. @param seconds what it took; `undefined` where nothing was sent */
  ended(kind: Outcome['kind'], seconds: number | undefined): void;
  retried(): void;
  shared(): void;
};

export type AllRequestMetrics = {
  of(subgraph: string, breakerState: () => BreakerState): RequestMetrics;
  /** Its state is not told any more; what was counted stays. */
  forget(subgraph: string): void;
};

const stateNumbers: Record<BreakerState, number> = { closed: 0, half_open: 1, open: 2 };

/** What the gateway's metrics tell of requests of subgraphs, by the subgraph's name. */
export function createRequestMetrics(registry: Registry): AllRequestMetrics {
  const known = new Map<string, { metrics: RequestMetrics; breakerState: () => BreakerState }>();
  const labelNames: 'subgraph'[] = ['subgraph'];
  gauge(registry, 'gold_gateway_subgraph_requests_in_flight', 'Requests of subgraphs that are under way', {
    labelNames,
    collect(inFlight) {
      inFlight.reset();
      for (const [subgraph, { metrics }] of known) inFlight.set({ subgraph }, metrics.inFlight);
    },
  });
  gauge(
    registry,
    'gold_gateway_subgraph_breaker_state',
    'Whether a subgraph is asked: 0 as always, 1 one request is tried, 2 it is not',
    {
      labelNames,
      collect(state) {
        state.reset();
        for (const [subgraph, { breakerState }] of known) state.set({ subgraph }, stateNumbers[breakerState()]);
      },
    },
  );
  /** By subgraph, then by what came of them. */
  const outcomes = new Map<string, Map<Outcome['kind'], number>>();
  countedByLabels(
    registry,
    'gold_gateway_subgraph_requests_total',
    'Requests of subgraphs, repeated ones too, by what came of them',
    ['subgraph', 'outcome'],
    () =>
      [...outcomes].flatMap(([subgraph, counts]) =>
        [...counts].map(([outcome, count]) => [{ subgraph, outcome }, count] as const),
      ),
  );
  const durations = plainHistogram<'subgraph'>(
    registry,
    'gold_gateway_subgraph_request_seconds',
    'Seconds from sending a request of a subgraph until what came of it',
    durationBuckets,
  );
  const retries = counter(
    registry,
    'gold_gateway_subgraph_retries_total',
    'Requests that were sent once more',
    labelNames,
  );
  const sharings = counter(
    registry,
    'gold_gateway_subgraph_requests_shared_total',
    'Requests that were not sent, because the same one was under way',
    labelNames,
  );

  return {
    of(subgraph, breakerState) {
      const label = { subgraph };
      const counts = outcomes.get(subgraph) ?? new Map<Outcome['kind'], number>();
      outcomes.set(subgraph, counts);
      const took = durations(label);
      const metrics: RequestMetrics = {
        inFlight: 0,
        ended(outcome, seconds) {
          counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
          if (seconds !== undefined) took(seconds);
        },
        retried: () => retries.inc(label),
        shared: () => sharings.inc(label),
      };
      known.set(subgraph, { metrics, breakerState });
      return metrics;
    },
    forget: (subgraph) => void known.delete(subgraph),
  };
}
