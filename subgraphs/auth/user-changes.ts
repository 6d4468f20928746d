import type { SqlClient } from '#shared/database.ts';
import { recordEvent } from '#shared/events/outbox.ts';
import type { Profile } from './domain/profile.ts';
import type { Role, User } from './domain/user.ts';
import { createUserRepository } from './user-repository.ts';

/** Adds somebody and tells `auth.user-changed`; `undefined` when the address is taken. */
export async function addUser(
  transaction: SqlClient,
  user: Profile & { passwordHash: string; roles: Role[] },
  now: Date,
): Promise<User | undefined> {
  const added = await createUserRepository(transaction).add({ ...user, createdAt: now });
  if (added) await tellUserChanged(transaction, added, now);
  return added;
}

/** Tells other services what is known of somebody now, in the transaction of the change. */
export async function tellUserChanged(transaction: SqlClient, user: User, now: Date): Promise<void> {
  const { id: userId, version, email, name, locale, phone } = user;
  await recordEvent(transaction, 'auth.user-changed', { userId, version, email, name, locale, phone }, now);
}
