import type { GraphQLFormattedError } from 'graphql';
import { GraphQLError } from 'graphql';
import { formatError } from '#shared/error-format.ts';
import type { Logger } from '#shared/logger.ts';

/**
 * What a client may see of an error at the gateway. Errors of subgraphs were made for clients by the subgraph itself and
 * keep message, path and code; only the subgraph's name is left out. Everything else follows the rule of all services:
 * refusals are shown, the unexpected is masked and logged.
 */
export function formatGatewayError(error: unknown, logger: Logger): GraphQLFormattedError {
  if (error instanceof GraphQLError && 'serviceName' in error.extensions) {
    const { serviceName: _serviceName, ...extensions } = error.extensions;
    const path = readablePath(error.path ?? []);
    return { message: error.message, ...(path.length > 0 && { path }), extensions };
  }
  return formatError(error, logger);
}

/** The query planner marks "every element of the list" with `@`: a path for clients ends before it. */
function readablePath(path: readonly (string | number)[]): (string | number)[] {
  const end = path.indexOf('@');
  return end < 0 ? [...path] : path.slice(0, end);
}
