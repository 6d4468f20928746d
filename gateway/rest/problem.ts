import { STATUS_CODES } from 'node:http';
import type { GraphQLFormattedError } from 'graphql';
import type { ParameterProblem } from './read-variables.ts';

/** What REST clients get instead of an answer: problem details (RFC 9457), with a code as GraphQL clients get it. */
export type Problem = {
  type: 'about:blank';
  title: string;
  status: number;
  detail: string;
  code: string;
  /** Each thing that is wrong, where there may be several. */
  errors?: readonly object[];
};

/** The statuses that go with codes; what has none is the client's mistake, since mistakes of ours have one. */
const statuses: Record<string, number> = {
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  UNAUTHORIZED_FIELD_OR_TYPE: 403,
  DOCUMENT_NOT_TRUSTED: 403,
  NOT_FOUND: 404,
  CONFLICT: 409,
  RATE_LIMITED: 429,
  TOO_MANY_CONNECTIONS: 429,
  INTERNAL_SERVER_ERROR: 500,
  DEADLINE_EXCEEDED: 504,
};

/** A problem by itself. */
export function problem(status: number, code: string, detail: string, errors?: readonly object[]): Problem {
  const title = STATUS_CODES[status] ?? 'Error';
  return { type: 'about:blank', title, status, detail, code, ...(errors && { errors }) };
}

/** The problem that parameters have. */
export function parameterProblem(problems: readonly ParameterProblem[]): Problem {
  const detail = problems.map(({ parameter, message }) => `${parameter} ${message}`.trim()).join('; ');
  return problem(400, 'BAD_USER_INPUT', detail, problems);
}

/**
 * The problem that errors of GraphQL are.
 * @param status what the errors were answered with; of what was refused before it was executed, it says more than the code
 */
export function executionProblem(errors: readonly GraphQLFormattedError[], status: number): Problem {
  const [first] = errors;
  const code = typeof first?.extensions?.code === 'string' ? first.extensions.code : 'INTERNAL_SERVER_ERROR';
  const known = statuses[code] ?? (first?.extensions?.retryable === true ? 503 : 400);
  return problem(status >= 400 ? status : known, code, first?.message ?? 'There is no answer', errors.map(forRest));
}

/** A GraphQL error without the places in a document that a REST client has never seen. */
export function forRest({ message, path, extensions }: GraphQLFormattedError): object {
  return { message, ...(path && { path }), ...(extensions && { extensions }) };
}
