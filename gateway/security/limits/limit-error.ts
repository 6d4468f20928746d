import { GraphQLError, type ASTNode } from 'graphql';
import { DomainError, type ErrorCode, type ErrorDetails } from '#shared/errors.ts';

/**
 * What a client is told whose operation is over a limit. It is refused before anything is executed for it, and the same
 * again unless `retryable`.
 * @param details facts for the client, in the error's extensions beside the code
 */
export function limitError(
  code: ErrorCode,
  message: string,
  options: { details?: ErrorDetails; retryable?: boolean; node?: ASTNode } = {},
): GraphQLError {
  const { details = {}, retryable = false, node } = options;
  return new GraphQLError(message, {
    nodes: node,
    // By this it is known for a refusal wherever errors are made fit for clients.
    originalError: new DomainError(code, message, { details, retryable }),
    extensions: { code, retryable, ...details },
  });
}
