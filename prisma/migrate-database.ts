import pg from 'pg';
import { hasSchema, readMigrations, readSchema, schemaDirectory } from './migration-files.ts';
import { engineWords, withSchemaEngine } from './schema-engine.ts';
import type { MigrationList } from './migration-files.ts';
import type { SchemaEngine } from './schema-engine.ts';

const filters = { externalTables: [], externalEnums: [] };

/**
 * Applies the migrations of `service` that its database has not had yet, in order, and returns their names.
 * Safe to run from several processes at once: Prisma's engine takes a lock in the database.
 * A service without a schema has nothing to apply. `directory` overrides `prisma/<service>`.
 *
 * A migration that fails is one transaction that left nothing behind, so it is marked as rolled back and tried again
 * next time, unless its script commits by itself: that one a person has to look at (`resolveMigration`).
 *
 * @throws Error in one sentence that names the service, the migration and PostgreSQL's message
 */
export async function migrateDatabase(options: {
  service: string;
  databaseUrl: string;
  directory?: string;
}): Promise<{ applied: string[] }> {
  const { service, databaseUrl, directory = schemaDirectory(service) } = options;
  if (!hasSchema(directory)) return { applied: [] };
  const [schema, migrationsList] = [await readSchema(directory), await readMigrations(directory)];
  try {
    return await withSchemaEngine({ databaseUrl, schema }, async (engine, scripts) => {
      try {
        const { appliedMigrationNames } = await engine.applyMigrations({ migrationsList, filters });
        return { applied: appliedMigrationNames };
      } catch (error) {
        const migration = failedMigration(error);
        if (migration === undefined) throw error;
        await forgiveWhenAtomic(engine, migrationsList, migration);
        throw new Error(`migration ${migration}: ${scripts.lastError?.message ?? engineWords(error)}`, {
          cause: error,
        });
      }
    });
  } catch (error) {
    throw new Error(`The database of ${service} could not be migrated: ${engineWords(error)}`, { cause: error });
  }
}

/**
 * Settles a migration that a process killed in the middle left half recorded: `applied` when its changes are in the
 * database, `rolled-back` when they are not and it is to be tried again.
 *
 * @throws what Prisma's engine says, such as that there is no such migration
 */
export async function resolveMigration(options: {
  service: string;
  databaseUrl: string;
  migration: string;
  outcome: 'applied' | 'rolled-back';
  directory?: string;
}): Promise<void> {
  const { databaseUrl, directory = schemaDirectory(options.service) } = options;
  const [schema, migrationsList] = [await readSchema(directory), await readMigrations(directory)];
  const migrationName = options.migration;
  await withSchemaEngine({ databaseUrl, schema }, async (engine) => {
    if (options.outcome === 'applied') await engine.markMigrationApplied({ migrationName, migrationsList });
    else await engine.markMigrationRolledBack({ migrationName });
  });
}

/**
 * Creates the database that the URL names, on the server that it names, when it is not there yet.
 *
 * @throws pg's error when the server cannot be reached or the user may not create databases
 */
export async function ensureDatabase(databaseUrl: string): Promise<void> {
  // Tried first, because a user of a managed server may have a database and no right to look at the others.
  if (await exists(databaseUrl)) return;
  await onServerOf(databaseUrl, async (client, name) => {
    await client.query(`CREATE DATABASE ${client.escapeIdentifier(name)}`).catch((error: unknown) => {
      // Another process was quicker: either SQLSTATE, depending on how close the two were.
      if (error instanceof pg.DatabaseError && (error.code === '42P04' || error.code === '23505')) return;
      throw error;
    });
  });
}

/** Drops the database that the URL names, with whatever is still connected to it. */
export async function dropDatabase(databaseUrl: string): Promise<void> {
  await onServerOf(databaseUrl, async (client, name) => {
    await client.query(`DROP DATABASE IF EXISTS ${client.escapeIdentifier(name)} WITH (FORCE)`);
  });
}

async function exists(databaseUrl: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: databaseUrl });
  try {
    await client.connect();
    return true;
  } catch (error) {
    if (error instanceof pg.DatabaseError && error.code === '3D000') return false;
    throw error;
  } finally {
    await client.end();
  }
}

async function onServerOf(databaseUrl: string, work: (client: pg.Client, name: string) => Promise<void>) {
  const url = new URL(databaseUrl);
  const name = decodeURIComponent(url.pathname.slice(1));
  url.pathname = '/postgres';
  const client = new pg.Client({ connectionString: url.href });
  await client.connect();
  try {
    await work(client, name);
  } finally {
    await client.end();
  }
}

function failedMigration(error: unknown): string | undefined {
  return error instanceof Error ? /migration_name="([^"]+)"/.exec(error.message)?.[1] : undefined;
}

async function forgiveWhenAtomic(engine: SchemaEngine, list: MigrationList, migrationName: string): Promise<void> {
  const script = list.migrationDirectories.find((directory) => directory.path === migrationName)?.migrationFile.content;
  if (script?.tag !== 'ok' || /\bcommit\b/i.test(script.value)) return;
  await engine.markMigrationRolledBack({ migrationName });
}
