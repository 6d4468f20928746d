import type { GraphQLFormattedError } from 'graphql';
import type { SubgraphAnswer } from '../subgraph-fetch.ts';

/**
 * Reads a GraphQL response: JSON with an object or null as `data`, or a list as `errors`. `undefined` for anything else.
 * Errors keep what they say and lose what tells of the subgraph's inside; one that is no error of GraphQL becomes a plain one.
 */
export function readAnswer(text: string): SubgraphAnswer | undefined {
  const body = parsed(text);
  if (!isObject(body)) return undefined;
  const { data, errors } = body;
  if (data !== undefined && data !== null && !isObject(data)) return undefined;
  if (errors === undefined || errors === null) return data === undefined ? undefined : { data };
  if (!Array.isArray(errors)) return undefined;
  if (errors.length === 0) return data === undefined ? undefined : { data };
  return { data, errors: errors.map(readError) };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function readError(error: unknown): GraphQLFormattedError {
  if (!isObject(error) || typeof error.message !== 'string')
    return { message: 'The error cannot be read', extensions: { code: 'SUBGRAPH_UNAVAILABLE', retryable: false } };
  const { message, path } = error;
  const extensions = isObject(error.extensions) ? withoutTraces(error.extensions) : undefined;
  return { message, ...(isPath(path) && { path }), ...(extensions && { extensions }) };
}

/** Servers that are not told that they are in production put these beside the code. */
function withoutTraces({ stacktrace: _1, exception: _2, ...rest }: Record<string, unknown>): Record<string, unknown> {
  return rest;
}

function isPath(path: unknown): path is (string | number)[] {
  return Array.isArray(path) && path.every((step) => typeof step === 'string' || typeof step === 'number');
}
