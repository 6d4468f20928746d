import type { IncomingMessage, ServerResponse } from 'node:http';
import { readBody, type Body } from '#shared/graphql-http.ts';
import type { WholeRequest } from '#shared/whole-request.ts';
import type { OperationRequest } from '../client-operations.ts';
import { acceptedAnswers, type AcceptedAnswers, type StreamKind } from './http-negotiation.ts';

/** One request and its answer. */
export type Exchange = { request: WholeRequest; response: ServerResponse; url: URL };

export type AskedOperation = {
  kind: 'operation';
  operation: OperationRequest;
  stream: StreamKind;
  json: AcceptedAnswers['json'];
  /** What EventSource has seen last; it says so by itself when it comes back. */
  lastEventId: string | undefined;
  /** Whether the client comes back by itself when its stream ends: EventSource does, and nobody else asks by GET. */
  returnsAlone: boolean;
  body: Body;
};

/** What a request turns out to ask for, once its body has been read. */
export type Asked =
  | AskedOperation
  /** No subscription, of a client that takes JSON too: to be answered in the ordinary way. */
  | { kind: 'ordinary'; body: Body }
  | { kind: 'wrong'; message: string };

/** Reads a request whose `Accept` header names a stream. */
export async function readOperation({ request, url }: Exchange, bodyLimitBytes: number): Promise<Asked> {
  const { stream, json } = acceptedAnswers(request.headers.accept);
  const body = await readBody(request, bodyLimitBytes);
  if ('refusal' in body) return { kind: 'ordinary', body };
  const operation = operationOf(request, url, body.json);
  const isIncomplete = 'wrong' in operation;
  // A persisted query, for one, has no text: the ordinary way knows what to do with it. And a text without the word is no
  // subscription, which is found out without parsing it.
  if (json && (isIncomplete || !operation.query.includes('subscription'))) return { kind: 'ordinary', body };
  if (isIncomplete) return { kind: 'wrong', message: operation.wrong };
  const lastEventId = request.headers['last-event-id'] as string | undefined;
  const returnsAlone = request.method === 'GET' && stream === 'sse';
  return { kind: 'operation', operation, stream: stream!, json, lastEventId, returnsAlone, body };
}

/**
 * The operation that an HTTP request asks for: in the JSON body of a POST, or in the parameters of a GET (GraphQL over
 * HTTP). A GET needs no header that a foreign page could not send: there are no cookies that would speak for its user,
 * it cannot change anything because mutations are refused, and CORS keeps its answer from the page.
 */
function operationOf(request: IncomingMessage, url: URL, json: unknown): OperationRequest | { wrong: string } {
  if (request.method === 'POST') return checked(json);
  const parameters = Object.fromEntries(url.searchParams);
  try {
    const { variables, extensions } = parameters;
    return checked({ ...parameters, ...parsed({ variables, extensions }) });
  } catch {
    return { wrong: 'The parameters "variables" and "extensions" are JSON' };
  }
}

function parsed(parameters: Record<string, string | undefined>): Record<string, unknown> {
  const given = Object.entries(parameters).filter(([, text]) => text !== undefined);
  return Object.fromEntries(given.map(([name, text]) => [name, JSON.parse(text!) as unknown]));
}

function checked(request: unknown): OperationRequest | { wrong: string } {
  if (!isObject(request)) return { wrong: 'Send a JSON object with "query", as content type application/json' };
  const { query = '', variables, operationName, documentId, extensions } = request;
  const isNamed = documentId !== undefined || isObject(extensions);
  if (typeof query !== 'string' || (query === '' && !isNamed))
    return { wrong: 'The operation is missing: send its text as "query"' };
  if (variables !== undefined && variables !== null && !isObject(variables))
    return { wrong: '"variables" must be an object' };
  if (operationName !== undefined && operationName !== null && typeof operationName !== 'string')
    return { wrong: '"operationName" must be a string' };
  return { query, variables, operationName, documentId, extensions };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
