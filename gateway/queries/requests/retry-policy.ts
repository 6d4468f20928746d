import type { Failed } from './request-outcome.ts';

/** Milliseconds that the first repetition waits at most; each further one twice as long. */
const baseMs = 50;
/** Statuses by which something before the subgraph says that it did not get there, or that it may later. */
const passingStatuses = new Set([408, 425, 429]);

/**
 * Milliseconds after which a request that has failed is sent again; `undefined` where it is not.
 * A query is repeated when nothing useful was answered, a mutation only when not one byte of it was sent: it might else be
 * done twice. What has taken all of its time, or is as large the next time, is not repeated.
 * @param attempt counts from 1
 * @param leftMs what is left until the deadline
 * @param random from 0 to 1: gateways that have failed together do not come back together
 */
export function retryDelayMs(
  failed: Failed,
  { kind, attempt, leftMs, random }: { kind: 'query' | 'mutation'; attempt: number; leftMs: number; random: number },
): number | undefined {
  if (!mayRepeat(failed, kind)) return undefined;
  const delayMs = Math.max(failed.retryAfterMs ?? 0, random * baseMs * 2 ** (attempt - 1));
  return delayMs < leftMs ? delayMs : undefined;
}

function mayRepeat(failed: Failed, kind: 'query' | 'mutation'): boolean {
  if (failed.kind === 'unreachable') return true;
  if (kind === 'mutation') return false;
  return failed.kind === 'broken' || (failed.kind === 'invalid' && mayPass(failed.status ?? 0));
}

/** Of HTTP, 4xx says that the request is wrong, and it will be again. */
function mayPass(status: number): boolean {
  return status < 400 || status >= 500 || passingStatuses.has(status);
}

/** How many requests may be repeated: a share of all of them, so that a subgraph that is down is not asked twice as much. */
export type RetryBudget = {
  /** A request is made. */
  earn(): void;
  /** One is to be repeated. @returns whether it may */
  spend(): boolean;
};

/** @param options.share repetitions for each request; `reserve` how many may be repeated at once, `initial` at first */
export function createRetryBudget({ share = 0.2, reserve = 100, initial = 10 } = {}): RetryBudget {
  let saved = initial;
  return {
    earn() {
      saved = Math.min(reserve, saved + share);
    },
    spend() {
      if (saved < 1) return false;
      saved -= 1;
      return true;
    },
  };
}
