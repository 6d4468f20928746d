import { requireOwner, requireUser, type Caller } from '#shared/caller.ts';
import type { SqlClient, TransactionalClient } from '#shared/database.ts';
import { invalidInput, orRefusal, type InputIssue, type InvalidInputError } from '#shared/refusal.ts';
import { isLocalTime, isTimeZone, type QuietHours } from './domain/quiet-hours.ts';
import { createQuietHoursRepository } from './quiet-hours-repository.ts';

type SetQuietHours = QuietHours & { __typename: 'QuietHours' };

export type QuietHoursService = {
  /** The caller's own quiet hours; null when there are none. @throws DomainError UNAUTHENTICATED or FORBIDDEN */
  quietHoursOf(caller: Caller, userId: string): Promise<QuietHours | null>;
  /** Sets the caller's quiet hours; what is held back follows the new ones. @throws DomainError UNAUTHENTICATED */
  set(caller: Caller, hours: QuietHours): Promise<SetQuietHours | InvalidInputError>;
  /** Removes the caller's; what they hold back is due now. @returns whether there were any @throws DomainError UNAUTHENTICATED */
  remove(caller: Caller): Promise<boolean>;
};

/** The hours in which somebody is left alone. */
export function createQuietHoursService<Transaction extends SqlClient>(options: {
  database: TransactionalClient<Transaction>;
  now: () => number;
}): QuietHoursService {
  const { database, now } = options;
  return {
    async quietHoursOf(caller, userId) {
      requireOwner(caller, userId);
      return (await createQuietHoursRepository(database).find(userId)) ?? null;
    },
    set: (caller, hours) =>
      orRefusal<SetQuietHours, InvalidInputError>(async () => {
        const { userId } = requireUser(caller);
        const [first, ...more] = issuesOf(hours);
        if (first) throw invalidInput(first, ...more);
        await database.$transaction(async (transaction) => {
          const quietHours = createQuietHoursRepository(transaction);
          await quietHours.save(userId, hours);
          await quietHours.releaseHeld(userId, new Date(now()));
        });
        return { __typename: 'QuietHours', ...hours };
      }),
    async remove(caller) {
      const { userId } = requireUser(caller);
      return database.$transaction(async (transaction) => {
        const quietHours = createQuietHoursRepository(transaction);
        const removed = await quietHours.remove(userId);
        await quietHours.releaseHeld(userId, new Date(now()));
        return removed;
      });
    },
  };
}

function issuesOf({ timeZone, from, to }: QuietHours): InputIssue[] {
  const time = 'must be a local time such as 07:30';
  return [
    ...(isTimeZone(timeZone) ? [] : [issue('timeZone', 'must be an IANA time zone such as Europe/Berlin')]),
    ...(isLocalTime(from) ? [] : [issue('from', time)]),
    ...(isLocalTime(to) ? [] : [issue('to', time)]),
    ...(from === to && isLocalTime(to) ? [issue('to', 'must not be the same as from')] : []),
  ];
}

function issue(field: string, message: string): InputIssue {
  return { path: ['input', field], message };
}
