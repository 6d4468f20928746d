import { ensureDatabase, migrateDatabase } from '../prisma/migrate-database.ts';
import { seedDatabase } from '../prisma/seed-database.ts';
import type { Service } from './services.ts';

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
      await seedDatabase(service.name, databaseUrl);
      return applied.length === 0 ? [] : [`${service.name}: ${applied.length} migrations applied`];
    }),
  );
  return done.flat();
}
