import type { ServerResponse } from 'node:http';
import type { GraphQLFormattedError } from 'graphql';
import { sendJson } from '#shared/http-server.ts';
import type { AcceptedAnswers } from './http-negotiation.ts';
import { areRetryable, streamHeaders, type StreamFormat } from './stream-format.ts';

/**
 * Answers an operation that is refused before it begins. Clients that read JSON get a status and a GraphQL body. Those that
 * read nothing but server-sent events could not tell it from a failure of the network: graphql-sse would repeat it, and
 * EventSource give no reason. They get an event, as graphql-sse's protocol has it.
 *
 * What may be repeated is told to graphql-sse by the status, on which it comes back later. EventSource never comes back on
 * a status, but on a stream that just ends.
 * @param options.returnsAlone whether it is EventSource that asks
 */
export function refuseOperation(
  response: ServerResponse,
  errors: readonly GraphQLFormattedError[],
  options: { format: StreamFormat; json: AcceptedAnswers['json']; returnsAlone: boolean },
): void {
  const { format, json, returnsAlone } = options;
  const isEvent = format.kind === 'sse' && !json && (returnsAlone || !areRetryable(errors));
  if (!isEvent) return sendJson(response, statusOf(errors), { errors }, headersOf(errors, json));
  response
    .writeHead(200, streamHeaders(format))
    .end(format.opening(retryAfterMs(errors)) + format.ending({ kind: 'error', errors }, returnsAlone));
}

/** The statuses that go with our codes; what has none is the client's mistake. */
const statuses: Record<string, number> = {
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  RATE_LIMITED: 429,
  TOO_MANY_CONNECTIONS: 429,
  INTERNAL_SERVER_ERROR: 500,
};

function statusOf(errors: readonly GraphQLFormattedError[]): number {
  const { code, reason } = errors[0]?.extensions ?? {};
  // What the access rules refuse says by its reason whether signing in might help.
  const name = code === 'UNAUTHORIZED_FIELD_OR_TYPE' ? reason : code;
  const known = typeof name === 'string' ? statuses[name] : undefined;
  return known ?? (areRetryable(errors) ? 503 : 400);
}

function headersOf(errors: readonly GraphQLFormattedError[], json: AcceptedAnswers['json']): Record<string, string> {
  const status = statusOf(errors);
  return {
    'content-type': `${json ?? 'application/json'}; charset=utf-8`,
    ...(status === 401 && { 'www-authenticate': 'Bearer' }),
    ...((status === 429 || status === 503) && { 'retry-after': String(Math.ceil(retryAfterMs(errors) / 1_000)) }),
  };
}

function retryAfterMs(errors: readonly GraphQLFormattedError[]): number {
  const given = errors[0]?.extensions?.retryAfterMs;
  return typeof given === 'number' ? given : 2_000;
}
