import type { User } from '#shared/caller.ts';
import type { SqlClient, TransactionalClient } from '#shared/database.ts';
import { idempotent } from '#shared/idempotency.ts';
import { invalidInput, type InputIssue } from '#shared/refusal.ts';

/**
 * Does a change in one transaction, once for each idempotency key of the caller's.
 * @param work returns what JSON keeps as it is: the same key gives it again
 * @throws Refusal what the work throws, InvalidInputError or IdempotencyKeyReusedError; nothing has changed then
 */
export function idempotentMutation<Transaction extends SqlClient, Result>(
  database: TransactionalClient<Transaction>,
  request: { caller: User; mutation: string; input: { idempotencyKey: string }; issues?: InputIssue[] },
  work: (transaction: Transaction) => Promise<Result>,
): Promise<Result> {
  const { idempotencyKey: key, ...body } = request.input;
  const [first, ...rest] = request.issues ?? [];
  if (first) throw invalidInput(first, ...rest);
  return database.$transaction((transaction) =>
    idempotent(transaction, { scope: `${request.caller.userId}:${request.mutation}`, key, body }, () =>
      work(transaction),
    ),
  );
}
