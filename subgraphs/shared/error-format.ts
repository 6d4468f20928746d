import { GraphQLError, type GraphQLFormattedError } from 'graphql';
import { correlationId } from './correlation.ts';
import { currentDeadline, deadlineExceeded } from './deadline.ts';
import { DomainError } from './errors.ts';
import type { Logger } from './logger.ts';

/** Codes that Apollo Server and graphql-js give to requests that a client got wrong: their messages are for the client. */
const requestErrorCodes = new Set([
  'GRAPHQL_PARSE_FAILED',
  'GRAPHQL_VALIDATION_FAILED',
  'BAD_USER_INPUT',
  'BAD_REQUEST',
  'PERSISTED_QUERY_NOT_FOUND',
  'PERSISTED_QUERY_NOT_SUPPORTED',
  'OPERATION_RESOLUTION_FAILURE',
  'INTROSPECTION_DISABLED',
  'MAX_RECURSIVE_SELECTIONS_EXCEEDED',
]);

/**
 * Makes what a client may see of an error, for HTTP and WebSocket alike: refusals keep message, code and details;
 * everything else is masked as INTERNAL_SERVER_ERROR and logged with the correlation id that the client gets.
 */
export function formatError(error: unknown, logger: Logger): GraphQLFormattedError {
  const located = error instanceof GraphQLError ? error : undefined;
  const cause = located ? rootCause(located) : error;
  const place = { locations: located?.locations, path: located?.path };
  if (cause instanceof DomainError) {
    return compact({ message: cause.message, ...place, extensions: refusal(cause) });
  }
  const code = located?.extensions.code;
  if (located && (isRequestError(located, cause) || (typeof code === 'string' && requestErrorCodes.has(code)))) {
    return compact({
      message: located.message,
      ...place,
      extensions: { code: typeof code === 'string' ? code : 'GRAPHQL_VALIDATION_FAILED' },
    });
  }
  // What was cut off fails in many ways; none of them is a mistake of ours.
  if (currentDeadline()?.hasPassed()) {
    logger.warn({ err: cause, path: located?.path }, 'an operation was cut off by its deadline');
    const late = deadlineExceeded();
    return compact({ message: late.message, ...place, extensions: refusal(late) });
  }
  const id = correlationId();
  logger.error({ err: cause, path: located?.path }, 'unexpected error in a GraphQL operation');
  return compact({
    message: 'Internal server error',
    ...place,
    extensions: { code: 'INTERNAL_SERVER_ERROR', correlationId: id, retryable: true },
  });
}

/** The same as a GraphQLError, where a library wants one. */
export function clientError(error: unknown, logger: Logger): GraphQLError {
  const { message, path, extensions } = formatError(error, logger);
  return new GraphQLError(message, {
    path,
    extensions,
    nodes: error instanceof GraphQLError ? error.nodes : undefined,
  });
}

function refusal(error: DomainError) {
  return { code: error.code, retryable: error.retryable, ...error.details };
}

/** A GraphQLError without an original error was made by graphql-js itself: syntax, validation or coercion of input. */
function isRequestError(located: GraphQLError, cause: unknown): boolean {
  return cause === located && located.extensions.code === undefined && located.path === undefined;
}

function rootCause(error: GraphQLError): unknown {
  let cause: unknown = error;
  while (cause instanceof GraphQLError && cause.originalError) cause = cause.originalError;
  return cause;
}

function compact(error: GraphQLFormattedError): GraphQLFormattedError {
  return JSON.parse(JSON.stringify(error)) as GraphQLFormattedError;
}
