import { inTime } from '#shared/waiting.ts';
import { late, type Outcome } from './request-outcome.ts';

/** Less time than this is not worth a request. */
const worthAskingMs = 10;

export type SharedRequests = {
  /**
   * Joins the same request when it is under way, or sends it.
   * @param key what makes two requests the same
   * @param deadline of who asks, as `performance.now()`
   * @param send sends it, until that deadline
   */
  ask(key: string, deadline: number, send: () => Promise<Outcome>): Promise<Outcome>;
};

/**
 * Requests that are the same are sent once while they are under way. It is sent with the deadline of who came first: when
 * that passes, who may still wait asks anew, and who may not wait for so long stops earlier.
 * @param onShared is told of each request that was not sent
 */
export function createSharedRequests(onShared: () => void): SharedRequests {
  const underWay = new Map<string, { deadline: number; outcome: Promise<Outcome> }>();

  async function ask(key: string, deadline: number, send: () => Promise<Outcome>): Promise<Outcome> {
    for (;;) {
      const existing = underWay.get(key);
      if (!existing) {
        const outcome = send();
        underWay.set(key, { deadline, outcome });
        try {
          return await outcome;
        } finally {
          underWay.delete(key);
        }
      }
      onShared();
      const outcome =
        existing.deadline <= deadline
          ? await existing.outcome
          : ((await inTime(existing.outcome, deadline - performance.now())) ?? late());
      if (!wasLate(outcome) || deadline - performance.now() < worthAskingMs) return outcome;
    }
  }

  return { ask };
}

/** Of the two, whoever notices first that the time is over: the gateway, or the subgraph that was told of it. */
function wasLate(outcome: Outcome): boolean {
  return outcome.kind === 'late' || (outcome.kind === 'answered' && outcome.wasLate);
}
