import type { Caller } from '#shared/caller.ts';
import { withCorrelation } from '#shared/correlation.ts';
import type { TickReference } from '#shared/ticks/tick-reference.ts';
import { traceIdOf } from '#shared/trace-context.ts';
import type { Freshness } from './queries/caching/freshness.ts';

/** What the gateway knows of the operation that it executes, and passes on to the subgraphs that it asks. */
export type GatewayContext = {
  caller: Caller;
  /** Whom limits count; see `clientKey`. */
  client: string;
  /** The `Authorization` header as it came, already verified; subgraphs verify it again. */
  authorization: string | undefined;
  correlationId: string;
  /** The client's `User-Agent`, passed on so that people recognise their sessions. */
  userAgent: string | undefined;
  /** The tick of the price event that is being joined; `undefined` outside one. */
  tick: TickReference | undefined;
  /** The trace that the request belongs to (W3C Trace Context), passed on to the subgraphs. */
  traceparent?: string | undefined;
  /** What tracing systems have written down for themselves. */
  tracestate?: string | undefined;
  /** When the answer is of no use any more, as `performance.now()`; `undefined` outside requests that have an end. */
  deadline?: number | undefined;
  /** Collects for how long the answer may be kept, from what it is made of; `undefined` where nobody wants to know. */
  freshness?: Freshness | undefined;
};

/**
 * Runs `work` so that what it logs tells the request that it belongs to. It costs some microseconds, which is why what is
 * done for each request is not done in it, but only what may have something to tell.
 */
export function inContext<T>({ correlationId, traceparent }: GatewayContext, work: () => T): T {
  return withCorrelation(correlationId, work, traceIdOf(traceparent));
}
