import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ensureDatabase, migrateDatabase } from '../prisma/migrate-database.ts';
import { schemaDirectory } from '../prisma/migration-files.ts';
import type { Service } from './services.ts';

/** Fills a service's database with what development needs; may be run any number of times. */
type SeedModule = { seed: (databaseUrl: string) => Promise<void> };

/** Creates, migrates and seeds the database of each service, and says in a few words what there was to do. */
export async function prepareDatabases(of: readonly Service[], urlOf: (service: Service) => string): Promise<string[]> {
  const done = await Promise.all(
    of.map(async (service) => {
      const databaseUrl = urlOf(service);
      await ensureDatabase(databaseUrl).catch((error: Error & { code?: string }) => {
        // Refused connections have an empty message and a code.
        throw new Error(`The database of ${service.name} cannot be opened: ${error.message || error.code}`);
      });
      const { applied } = await migrateDatabase({ service: service.name, databaseUrl });
      await seedDatabase(service, databaseUrl);
      return applied.length === 0 ? [] : [`${service.name}: ${applied.length} migrations applied`];
    }),
  );
  return done.flat();
}

/**
 * Runs `prisma/<service>/seed.ts` on a migrated database; a service without one has nothing to seed.
 *
 * @throws Error naming the service, with what the seed threw
 */
export async function seedDatabase(service: Service, databaseUrl: string): Promise<boolean> {
  const file = join(schemaDirectory(service.name), 'seed.ts');
  if (!existsSync(file)) return false;
  try {
    const { seed } = (await import(file)) as SeedModule;
    await seed(databaseUrl);
    return true;
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error);
    throw new Error(`The database of ${service.name} could not be seeded: ${words}`, { cause: error });
  }
}
