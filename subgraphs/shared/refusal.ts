/**
 * A refusal that clients branch on: a member of a mutation's result union, which implements the schema's interface
 * `Error`. `code` is one of the schema's enum `ErrorCode`.
 */
export type RefusalResult = { __typename: string; code: string; message: string; retryable: boolean };

/** Carries a refusal out of a service, and rolls back the transaction that it is thrown in. */
export class Refusal<Result extends RefusalResult = RefusalResult> extends Error {
  override name = 'Refusal';
  readonly result: Result;

  constructor(result: Result) {
    super(result.message);
    this.result = result;
  }
}

/** One thing that is wrong with an input: where (names of input fields, from the outside in), and what. */
export type InputIssue = { path: string[]; message: string };

export type InvalidInputError = {
  __typename: 'InvalidInputError';
  code: 'INVALID_INPUT';
  message: string;
  retryable: false;
  issues: InputIssue[];
};

export type NotFoundError = { __typename: 'NotFoundError'; code: 'NOT_FOUND'; message: string; retryable: false };

export type IdempotencyKeyReusedError = {
  __typename: 'IdempotencyKeyReusedError';
  code: 'IDEMPOTENCY_KEY_REUSED';
  message: string;
  retryable: false;
};

/** Refuses an input, with everything that is wrong with it. */
export function invalidInput(...issues: [InputIssue, ...InputIssue[]]): Refusal<InvalidInputError> {
  const message = issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ');
  return new Refusal({ __typename: 'InvalidInputError', code: 'INVALID_INPUT', message, retryable: false, issues });
}

/** Refuses what does not exist, or is not the caller's: the two are not told apart, so that nobody can probe for ids. */
export function notFound(what: string): Refusal<NotFoundError> {
  return new Refusal({
    __typename: 'NotFoundError',
    code: 'NOT_FOUND',
    message: `There is no such ${what}`,
    retryable: false,
  });
}

/** What the work returns, or the result of the refusal that it throws; every other error goes on. */
export async function orRefusal<Result, Refused extends RefusalResult>(
  work: () => Promise<Result>,
): Promise<Result | Refused> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Refusal) return error.result as Refused;
    throw error;
  }
}
