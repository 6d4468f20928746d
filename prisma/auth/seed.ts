import { PrismaClient } from '#prisma/auth/generated/client.ts';
import { databaseOptions } from '#shared/database.ts';
import { createPasswords } from '../../subgraphs/auth/passwords.ts';
import { addUser } from '../../subgraphs/auth/user-changes.ts';
import { createUserRepository } from '../../subgraphs/auth/user-repository.ts';
import { isProduction } from './config.ts';
import { developmentPassword, developmentUsers } from './development-users.ts';

/**
 * Adds the sign-ins of development. Those that are there are left alone, so it may be run any number of times.
 * @throws Error in production
 */
export async function seed(databaseUrl: string): Promise<void> {
  if (isProduction()) throw new Error('the sign-ins of development have a password that everybody knows');
  const database = new PrismaClient(databaseOptions({ url: databaseUrl, poolSize: 1 }));
  const passwords = createPasswords();
  try {
    for (const { roles, ...profile } of developmentUsers) {
      if (await createUserRepository(database).byEmail(profile.email)) continue;
      const passwordHash = await passwords.hash(developmentPassword);
      const user = { ...profile, locale: 'en', passwordHash, roles: [...roles] };
      await database.$transaction((transaction) => addUser(transaction, user, new Date()));
    }
  } finally {
    await database.$disconnect();
  }
}
