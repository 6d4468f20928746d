import {
  bulkhead,
  CircuitState,
  circuitBreaker,
  ConsecutiveBreaker,
  handleWhenResult,
  isBrokenCircuitError,
  isBulkheadRejectedError,
} from 'cockatiel';
import { inTime } from '#shared/waiting.ts';
import { late, type Failed, type Outcome } from './request-outcome.ts';

export type BreakerState = 'closed' | 'half_open' | 'open';

export type RequestGuard = {
  /** Sends a request when it may be sent. It never rejects unless `send` does. @param deadline as `performance.now()` */
  run(send: () => Promise<Outcome>, deadline: number): Promise<Outcome>;
  state(): BreakerState;
};

const states: Record<CircuitState, BreakerState> = {
  [CircuitState.Closed]: 'closed',
  [CircuitState.HalfOpen]: 'half_open',
  [CircuitState.Open]: 'open',
  [CircuitState.Isolated]: 'open',
};

/**
 * Keeps a subgraph from being asked too much: so many requests at a time, so many that wait for their turn, and none for a
 * while when all of the last ones have failed. Then one is tried, and the others are refused until it is back.
 *
 * Consecutive failures open it, not a share of them: a subgraph of which half of the instances work still gives half of the
 * data.
 */
export function createRequestGuard(options: {
  /** Requests at a time. */
  concurrency: number;
  /** Requests that may wait. */
  queue: number;
  /** Failures in a row after which the subgraph is not asked. */
  breakerFailures: number;
  /** Milliseconds for which it is not. */
  breakerMs: number;
  isFailure: (outcome: Outcome) => boolean;
  onStateChange: (state: BreakerState) => void;
}): RequestGuard {
  const breaker = circuitBreaker(
    handleWhenResult((outcome) => options.isFailure(outcome as Outcome)),
    { halfOpenAfter: options.breakerMs, breaker: new ConsecutiveBreaker(options.breakerFailures) },
  );
  breaker.onStateChange((state) => options.onStateChange(states[state]));
  const limit = bulkhead(options.concurrency, options.queue);

  /** Whether it would have to wait, for a turn or for what comes of the trial, to be refused. */
  function isClosedToAll(): boolean {
    return (
      breaker.state === CircuitState.HalfOpen || (breaker.state === CircuitState.Open && limit.executionSlots === 0)
    );
  }

  async function run(send: () => Promise<Outcome>, deadline: number): Promise<Outcome> {
    if (isClosedToAll()) return refused('breaker_open');
    // The breaker is asked when it is the request's turn: those who wait for a subgraph that has died are refused then.
    let isGivenUp = false;
    const whenItsTurn = (): Promise<Outcome> | Outcome => {
      if (isGivenUp || performance.now() >= deadline) return late();
      return breaker.state === CircuitState.HalfOpen ? refused('breaker_open') : breaker.execute(send);
    };
    const waits = limit.executionSlots === 0;
    try {
      const outcome = limit.execute(whenItsTurn);
      if (!waits) return await outcome;
      const inItsTime = await inTime(outcome, deadline - performance.now());
      isGivenUp = inItsTime === undefined;
      return inItsTime ?? late();
    } catch (error) {
      if (isBulkheadRejectedError(error)) return refused('queue_full');
      if (isBrokenCircuitError(error)) return refused('breaker_open');
      throw error;
    }
  }

  return { run, state: () => states[breaker.state] };
}

function refused(kind: 'breaker_open' | 'queue_full'): Failed {
  return {
    kind,
    error: new Error(kind === 'queue_full' ? 'too many requests wait for the subgraph' : 'the subgraph has failed'),
  };
}
