import { developmentPassword, developmentUsers } from '#prisma/auth/development-users.ts';
import type { SqlClient } from '#shared/database.ts';
import type { Passwords } from './passwords.ts';
import { createUserRepository } from './user-repository.ts';

/**
 * Makes sure that nobody can sign in as the seed of development lets everybody: its password is published.
 * @throws Error naming the accounts that can
 */
export async function refuseDevelopmentSignIns(database: SqlClient, passwords: Passwords): Promise<void> {
  const users = createUserRepository(database);
  const open: string[] = [];
  for (const { email } of developmentUsers) {
    const user = await users.byEmail(email);
    if (user && (await passwords.matches(developmentPassword, user.passwordHash))) open.push(email);
  }
  if (open.length === 0) return;
  throw new Error(
    `This database has sign-ins of development, whose password everybody knows: ${open.join(', ')}. ` +
      'Take another database, or remove them, before it is used in production.',
  );
}
