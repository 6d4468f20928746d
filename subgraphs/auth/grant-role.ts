import { PrismaClient } from '#prisma/auth/generated/client.ts';
import { roles } from '#shared/caller.ts';
import { databaseOptions } from '#shared/database.ts';
import { readConfig } from './config.ts';
import { grantRole } from './user-service.ts';

// Gives somebody who has registered a role, with the environment of the service: how a new system gets its first
// administrator. node subgraphs/auth/grant-role.ts <e-mail address> <role>
const [email, name] = process.argv.slice(2);
const role = roles.find((known) => known === name);

if (email === undefined || role === undefined) {
  process.stderr.write(`usage: node subgraphs/auth/grant-role.ts <e-mail address> <${roles.join(' | ')}>\n`);
  process.exitCode = 2;
} else {
  const { AUTH_DATABASE_URL: url } = readConfig();
  const database = new PrismaClient(databaseOptions({ url, poolSize: 1 }));
  try {
    const user = await grantRole(database, { email, role, now: new Date() });
    process.stdout.write(`${user.email} is ${user.roles.join(', ')} from the next access token on\n`);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  } finally {
    await database.$disconnect();
  }
}
