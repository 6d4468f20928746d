import { migrateDatabase } from './migrate-database.ts';
import { readMigrationConfig } from './migration-config.ts';
import { hasSchema, schemaDirectory } from './migration-files.ts';
import { seedDatabase } from './seed-database.ts';

const usage = 'Usage: node prisma/migrate.ts <service> [--seed]';

// What a container runs before the processes of a service start: brings its database, named by <SERVICE>_DATABASE_URL,
// up to date, and with --seed fills it with what it begins with. Any number may run at once and again; the database has
// to be there. Ends with 1 and a sentence when it fails.
try {
  await migrate(process.argv.slice(2));
} catch (error) {
  const isExplained = error instanceof Error && error.message !== '';
  console.error(isExplained ? error.message : error);
  process.exitCode = 1;
}

async function migrate([service, ...options]: string[]): Promise<void> {
  if (service === undefined || options.some((option) => option !== '--seed')) throw new Error(usage);
  if (!hasSchema(schemaDirectory(service))) throw new Error(`There is no prisma/${service}/schema.prisma.\n${usage}`);
  const { databaseUrl } = readMigrationConfig(service);
  const { applied } = await migrateDatabase({ service, databaseUrl });
  console.log(applied.length === 0 ? `${service}: up to date` : `${service}: applied ${applied.join(', ')}`);
  if (options.includes('--seed') && (await seedDatabase(service, databaseUrl))) console.log(`${service}: seeded`);
}
