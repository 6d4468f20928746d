import { GraphQLError, type ExecutionResult, type GraphQLFormattedError } from 'graphql';
import type { Client } from 'graphql-ws';
import type { Logger } from '#shared/logger.ts';
import type { EventPlace } from '#shared/subscribe-with-ticks.ts';
import type { TickReference } from '#shared/ticks/tick-reference.ts';
import { pause } from '#shared/waiting.ts';

/** One event of the owning subgraph. */
export type UpstreamEvent = {
  data: Record<string, unknown> | null;
  errors?: GraphQLFormattedError[];
  /** The tick that the event belongs to: what it is joined with is read at this tick. */
  tick?: TickReference;
  /** What the stream can be resumed behind. */
  sequence?: number | undefined;
  /** Events of one key replace each other where the stream is conflatable; one key for all without it. */
  key?: string;
  /** When what it tells arrived in the system, in epoch milliseconds. */
  at?: number;
  /** What the client is told beside the data. */
  extensions?: { gap: { after: string } };
};

/** A subgraph has refused the subscription; the errors are for the client. */
export class UpstreamRefusal extends Error {
  override name = 'UpstreamRefusal';
  readonly errors: readonly GraphQLFormattedError[];
  constructor(errors: readonly GraphQLFormattedError[]) {
    super('the subgraph refused the subscription');
    this.errors = errors;
  }
}

/** Refusals of a resumption that leave only one thing to do: begin again with the current state. */
export const notResumable = new Set<unknown>(['SEQUENCE_TOO_OLD', 'SEQUENCE_AHEAD']);

/**
 * The events of one subscription at its subgraph, for as long as its client stays. A lost connection is made anew, after
 * 50 ms at first and up to 5 s, and the stream continues behind the last event that was received. Where that is no longer
 * possible it begins again with the current state, and the first event says so in `extensions.gap`.
 * @throws UpstreamRefusal when the subgraph refuses the operation
 */
export async function* upstreamEvents(options: {
  client: () => Client;
  /** The operation that continues behind a sequence, or begins with the current state without one. */
  operationBehind: (sequence: string | undefined) => string;
  /** Behind what it begins. */
  after?: string | undefined;
  signal: AbortSignal;
  logger: Logger;
}): AsyncGenerator<UpstreamEvent, void, void> {
  const { signal, logger, after } = options;
  let last: number | undefined;
  let begun = after;
  let hasBegun = false;
  let attempt = 0;
  let gap: UpstreamEvent['extensions'];
  while (!signal.aborted) {
    const query = options.operationBehind(last === undefined ? begun : String(last));
    const events = options.client().iterate<Record<string, unknown>, EventPlace>({ query });
    const stop = () => void events.return?.();
    signal.addEventListener('abort', stop, { once: true });
    try {
      for await (const result of events) {
        attempt = 0;
        hasBegun ||= result.data !== undefined;
        // A result without data is how a subgraph answers an operation that it cannot begin.
        if (result.errors && result.data === undefined) throw result.errors;
        const event = toEvent(result as ExecutionResult<Record<string, unknown>, EventPlace>, gap);
        gap = undefined;
        last = event.sequence ?? last;
        yield event;
      }
      return;
    } catch (error) {
      if (signal.aborted) return;
      const refusals = refusalsOf(error);
      if (refusals && last !== undefined && refusals.some((refusal) => notResumable.has(refusal.extensions?.code))) {
        gap = { gap: { after: String(last) } };
        last = undefined;
        begun = undefined;
        continue;
      }
      // While it resumes, a subgraph whose database is away refuses for a moment: the client waits, as for a lost connection.
      const isForAMoment = hasBegun && refusals?.every(({ extensions }) => extensions?.retryable === true);
      if (refusals && !isForAMoment) throw new UpstreamRefusal(refusals);
      if (attempt === 0)
        logger.warn({ err: error, resumeBehind: last }, 'an upstream subscription was lost; reconnecting');
    } finally {
      signal.removeEventListener('abort', stop);
    }
    attempt += 1;
    if (await pause(backoffMs(attempt), signal)) return;
  }
}

function toEvent(
  { data, errors, extensions }: ExecutionResult<Record<string, unknown>, EventPlace>,
  gap: UpstreamEvent['extensions'],
): UpstreamEvent {
  return {
    data: data ?? null,
    ...(errors && { errors: errors as unknown as GraphQLFormattedError[] }),
    ...(extensions?.tick && { tick: extensions.tick }),
    sequence: extensions?.sequence ?? extensions?.tick?.sequence,
    ...(extensions?.key !== undefined && { key: extensions.key }),
    ...(extensions?.at !== undefined && { at: extensions.at }),
    ...(gap && { extensions: gap }),
  };
}

/**
 * graphql-ws throws an array of errors for a refusal, and something else for a lost connection. A connection that is
 * closed because the client's token is no longer good is a refusal too: coming back with the same token is no use.
 */
function refusalsOf(error: unknown): GraphQLFormattedError[] | undefined {
  if (Array.isArray(error)) return error as GraphQLFormattedError[];
  if (isLikeCloseEvent(error) && error.reason === 'UNAUTHENTICATED') {
    const message = 'The access token is no longer valid: connect again with a new one';
    return [{ message, extensions: { code: 'UNAUTHENTICATED', retryable: false } }];
  }
  return error instanceof GraphQLError ? [error.toJSON()] : undefined;
}

function isLikeCloseEvent(error: unknown): error is { code: number; reason: string } {
  return typeof error === 'object' && error !== null && 'code' in error && 'reason' in error;
}

/** Exponential from 50 ms to 5 s, with full jitter on the upper half so that gateways do not come back all at once. */
function backoffMs(attempt: number): number {
  const ceiling = Math.min(5_000, 50 * 2 ** Math.min(attempt, 10));
  return ceiling / 2 + (Math.random() * ceiling) / 2;
}
