import { dropDatabase, ensureDatabase } from './migrate-database.ts';
import { readMigrations, readSchema, schemaDirectory, writeMigration } from './migration-files.ts';
import { engineWords, withSchemaEngine } from './schema-engine.ts';

/**
 * Writes a new migration with the SQL that leads from the service's migrations to its schema.prisma, and returns the
 * path of the script, or null when there is no difference. `serverUrl` names a PostgreSQL server on which a database
 * for replaying the migrations may be made; it is dropped afterwards. What Prisma cannot express (triggers, partial
 * indexes, checks) is written into the script by hand.
 *
 * @throws Error when `name` is not lower_snake_case or the schema or a migration has a mistake, in Prisma's words
 */
export async function createMigration(options: {
  service: string;
  name: string;
  serverUrl: string;
  now: Date;
  directory?: string;
}): Promise<string | null> {
  if (!/^[a-z][a-z0-9_]*$/.test(options.name)) {
    throw new Error(`A migration is named in lower_snake_case, such as add_price_locks, not "${options.name}".`);
  }
  const directory = options.directory ?? schemaDirectory(options.service);
  const [schema, list] = [await readSchema(directory), await readMigrations(directory)];
  const shadow = new URL(options.serverUrl);
  shadow.pathname = `/migration_shadow_${process.pid}_${options.now.getTime()}`;
  await ensureDatabase(shadow.href);
  try {
    // Both connections may share it: a comparison of migrations with a schema reads the main database not at all.
    const urls = { databaseUrl: shadow.href, shadowDatabaseUrl: shadow.href };
    const { stdout } = await withSchemaEngine({ ...urls, schema }, async (engine, scripts) => {
      const comparison = engine.diff({
        from: { tag: 'migrations', ...list },
        to: { tag: 'schemaDatamodel', files: [schema] },
        script: true,
        exitCode: null,
        filters: { externalTables: [], externalEnums: [] },
      });
      return await comparison.catch((error: unknown) => {
        const words = scripts.lastError?.message ?? engineWords(error);
        throw new Error(`The migrations and schema of ${options.service} do not compare: ${words}`, { cause: error });
      });
    });
    if (stdout === null || stdout.trim() === '' || stdout.includes('This is an empty migration')) return null;
    return await writeMigration(directory, options.name, stdout, options.now);
  } finally {
    await dropDatabase(shadow.href);
  }
}
