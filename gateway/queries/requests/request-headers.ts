import { correlationHeader } from '#shared/correlation.ts';
import { timeoutHeader } from '#shared/deadline.ts';
import { traceparentHeader, tracestateHeader } from '#shared/trace-context.ts';
import { gatewaySecretHeader } from '#shared/subgraph-server.ts';
import { formatTickReference, tickHeader } from '#shared/ticks/tick-reference.ts';
import type { GatewayContext } from '../../gateway-context.ts';
import type { SubgraphOperation } from '../subgraph-fetch.ts';

/** Makes the headers of a request of a subgraph: names in lower case and values in turn. */
export type RequestHeaders = (
  operation: SubgraphOperation,
  context: Partial<GatewayContext>,
  leftMs: number,
) => string[];

/**
 * What HTTP does not allow in the value of a header (RFC 9110). It came as a header, or as a parameter of a connection; sent on
 * it would cost the pool a connection, which undici loses to each request that it cannot write.
 */
// eslint-disable-next-line no-control-regex
const notInHeaders = /[^\t\x20-\x7e\x80-\xff]/;

/**
 * What every request has is made once. Who asks, and with what, goes only with operations of which the answer may depend on
 * it; an answer for everybody is asked for by nobody.
 */
export function createRequestHeaders(gatewaySecret: string | undefined): RequestHeaders {
  const always = ['content-type', 'application/json', 'accept', 'application/graphql-response+json, application/json'];
  if (gatewaySecret) always.push(gatewaySecretHeader, gatewaySecret);
  return (operation, context, leftMs) => {
    const { authorization, userAgent, correlationId, tick, traceparent, tracestate } = context;
    const headers = [...always, timeoutHeader, String(Math.max(1, Math.floor(leftMs)))];
    const pass = (name: string, value: string | undefined) => {
      if (value && !notInHeaders.test(value)) headers.push(name, value);
    };
    // Both were made or checked at the door.
    if (correlationId) headers.push(correlationHeader, correlationId);
    if (traceparent) headers.push(traceparentHeader, traceparent);
    pass(tracestateHeader, tracestate);
    if (tick) headers.push(tickHeader, formatTickReference(tick));
    if (isForEverybody(operation)) return headers;
    if (operation.isPersonal) pass('authorization', authorization);
    pass('user-agent', userAgent);
    return headers;
  };
}

/** Whether who asks makes no difference, so that one answer may serve many. */
export function isForEverybody({ kind, isPersonal }: SubgraphOperation): boolean {
  return kind === 'query' && !isPersonal;
}
