/**
 * Codes of refusals, as clients see them in `extensions.code`. Codes of the HTTP and GraphQL layers
 * (GRAPHQL_PARSE_FAILED, GRAPHQL_VALIDATION_FAILED, BAD_REQUEST …) are Apollo Server's and pass through unchanged.
 */
export type ErrorCode =
  | 'BAD_USER_INPUT'
  | 'UNAUTHENTICATED'
  | 'FORBIDDEN'
  | 'UNAUTHORIZED_FIELD_OR_TYPE'
  | 'NOT_FOUND'
  | 'CONFLICT'
  | 'RATE_LIMITED'
  | 'PRICE_UNAVAILABLE'
  | 'TICK_UNAVAILABLE'
  | 'SEQUENCE_TOO_OLD'
  | 'SEQUENCE_AHEAD'
  | 'SUBGRAPH_UNAVAILABLE'
  | 'DEADLINE_EXCEEDED'
  | 'OPERATION_NOT_SUPPORTED'
  | 'TOO_MANY_TOKENS'
  | 'TOO_DEEP'
  | 'TOO_MANY_SELECTIONS'
  | 'TOO_MANY_ROOT_FIELDS'
  | 'TOO_MANY_ALIASES'
  | 'TOO_MANY_DIRECTIVES'
  | 'SLICING_ARGUMENT_REQUIRED'
  | 'COST_LIMIT_EXCEEDED'
  | 'BATCHING_NOT_SUPPORTED'
  | 'PRICING_NOT_CONFIGURED';

export type ErrorDetails = Record<string, string | number | boolean | null | string[]>;

/**
 * An expected refusal. Its message is written for the client and its code is one that a client may branch on;
 * every other error is masked before it leaves a service.
 */
export class DomainError extends Error {
  override name = 'DomainError';
  readonly code: ErrorCode;
  /** Whether the same request may succeed later, unchanged. */
  readonly retryable: boolean;
  /** Facts for the client beside the code, such as the oldest sequence that is kept. */
  readonly details: ErrorDetails;

  constructor(
    code: ErrorCode,
    message: string,
    options: { retryable?: boolean; details?: ErrorDetails; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.retryable = options.retryable ?? false;
    this.details = options.details ?? {};
  }
}

/** Refuses an argument that a client sent. */
export function badInput(message: string, details?: ErrorDetails): DomainError {
  return new DomainError('BAD_USER_INPUT', message, { details });
}
