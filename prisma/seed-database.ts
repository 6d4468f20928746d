import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { schemaDirectory } from './migration-files.ts';

/** Fills a service's database with what it begins with; may be run any number of times. */
type SeedModule = { seed: (databaseUrl: string) => Promise<void> };

/**
 * Runs `prisma/<service>/seed.ts` on a migrated database.
 * @returns whether there was one
 * @throws Error naming the service, with what the seed threw
 */
export async function seedDatabase(service: string, databaseUrl: string): Promise<boolean> {
  const file = join(schemaDirectory(service), 'seed.ts');
  if (!existsSync(file)) return false;
  try {
    const { seed } = (await import(file)) as SeedModule;
    await seed(databaseUrl);
    return true;
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error);
    throw new Error(`The database of ${service} could not be seeded: ${words}`, { cause: error });
  }
}
