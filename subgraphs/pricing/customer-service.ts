import { requireOwner, requirePermission, type Caller } from '#shared/caller.ts';
import type { SqlClient, TransactionalClient } from '#shared/database.ts';
import { idempotent } from '#shared/idempotency.ts';
import {
  invalidInput,
  orRefusal,
  type IdempotencyKeyReusedError,
  type InputIssue,
  type InvalidInputError,
} from '#shared/refusal.ts';
import { codeFormat } from './condition-format.ts';
import { createCustomerRepository, defaultGroup } from './customer-repository.ts';

export type CustomerService = {
  /** Groups in the order of the user ids, each for the user and for operators; for others an Error in its place. */
  groupsOf(caller: Caller, userIds: readonly string[]): Promise<(string | Error)[]>;
  /** Puts a customer into a group. @throws DomainError UNAUTHENTICATED or FORBIDDEN */
  setGroup(
    caller: Caller,
    input: { idempotencyKey: string; userId: string; group: string },
  ): Promise<{ __typename: 'User'; id: string } | InvalidInputError | IdempotencyKeyReusedError>;
};

const userIdFormat = /^[\w-]{1,64}$/;

/** @param options.now epoch milliseconds */
export function createCustomerService<Transaction extends SqlClient>(options: {
  database: TransactionalClient<Transaction>;
  now: () => number;
}): CustomerService {
  const { database, now } = options;
  return {
    async groupsOf(caller, userIds) {
      const groups = await createCustomerRepository(database).groupsOf(userIds);
      return userIds.map((userId) => {
        try {
          requireOwner(caller, userId, 'READ_CUSTOMERS');
          return groups.get(userId) ?? defaultGroup;
        } catch (error) {
          return error as Error;
        }
      });
    },
    setGroup: (caller, { idempotencyKey, ...input }) =>
      orRefusal<{ __typename: 'User'; id: string }, InvalidInputError | IdempotencyKeyReusedError>(async () => {
        const operator = requirePermission(caller, 'SET_CUSTOMER_GROUPS');
        const [userId, group] = [input.userId.trim(), input.group.trim().toUpperCase()];
        checkInput(userId, group);
        await database.$transaction((transaction) =>
          idempotent(
            transaction,
            { scope: `${operator.userId}:setCustomerGroup`, key: idempotencyKey, body: { userId, group } },
            async () => {
              const change = { by: operator.userId, at: new Date(now()) };
              await createCustomerRepository(transaction).setGroup(userId, group, change);
              return null;
            },
          ),
        );
        return { __typename: 'User', id: userId };
      }),
  };
}

function checkInput(userId: string, group: string): void {
  const issues: InputIssue[] = [];
  if (!userIdFormat.test(userId)) issues.push({ path: ['input', 'userId'], message: 'must be the id of a user' });
  const badGroup = codeFormat.safeParse(group).error?.issues[0];
  if (badGroup) issues.push({ path: ['input', 'group'], message: badGroup.message });
  const [first, ...more] = issues;
  if (first) throw invalidInput(first, ...more);
}
