import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { readTestConfig } from '#shared/testing/config.ts';
import { createMigration } from '../../prisma/create-migration.ts';
import { dropDatabase, ensureDatabase, migrateDatabase } from '../../prisma/migrate-database.ts';

const schema = `datasource db {
  provider = "postgresql"
}
model Bar {
  id     String @id @db.Uuid
  serial String
}
`;
const table = 'CREATE TABLE "Bar" ("id" UUID NOT NULL, CONSTRAINT "Bar_pkey" PRIMARY KEY ("id"));';

describe('migrations', () => {
  let directory: string;
  let databaseUrl: string;
  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), 'migrations-'));
    writeFileSync(join(directory, 'schema.prisma'), schema);
    const url = new URL(readTestConfig().TEST_POSTGRES_URL);
    url.pathname = `/migrations_${randomBytes(4).toString('hex')}`;
    databaseUrl = url.href;
    await ensureDatabase(databaseUrl);
  });
  afterEach(async () => {
    await dropDatabase(databaseUrl);
    rmSync(directory, { recursive: true });
  });

  function write(name: string, sql: string): void {
    mkdirSync(join(directory, 'migrations', name), { recursive: true });
    writeFileSync(join(directory, 'migrations', name, 'migration.sql'), sql);
  }

  async function query(sql: string): Promise<unknown[]> {
    const client = new pg.Client({ connectionString: databaseUrl });
    await client.connect();
    const { rows } = await client.query<Record<string, unknown>>(sql).finally(() => client.end());
    return rows;
  }

  const migrate = () => migrateDatabase({ service: 'vault', databaseUrl, directory });

  it('are applied once, in order', async () => {
    write('20260102000000_serial', 'ALTER TABLE "Bar" ADD COLUMN "serial" TEXT NOT NULL;');
    write('20260101000000_init', table);
    expect(await migrate()).toEqual({ applied: ['20260101000000_init', '20260102000000_serial'] });
    expect(await migrate()).toEqual({ applied: [] });
  });

  it('may have semicolons in function bodies, texts and comments', async () => {
    const body = `BEGIN RAISE EXCEPTION 'append only; sorry'; RETURN NULL; END;`;
    write(
      '20260101000000_init',
      `-- first; second\nCREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ ${body} $$;`,
    );
    await migrate();
    expect(await query(`SELECT proname FROM pg_proc WHERE proname = 'f'`)).toHaveLength(1);
  });

  it('that fail name the service, the migration and what PostgreSQL said, and leave nothing behind', async () => {
    write('20260101000000_init', `${table}\nALTER TABLE "Baz" ADD COLUMN "x" INT;`);
    await expect(migrate()).rejects.toThrow(
      'The database of vault could not be migrated: migration 20260101000000_init: relation "Baz" does not exist',
    );
    expect(await query(`SELECT FROM pg_tables WHERE tablename = 'Bar'`)).toHaveLength(0);
  });

  it('that failed are tried again once mended', async () => {
    write('20260101000000_init', 'CREATE TABL x;');
    await expect(migrate()).rejects.toThrow('syntax error');
    write('20260101000000_init', table);
    expect(await migrate()).toEqual({ applied: ['20260101000000_init'] });
  });

  it('are applied once by processes that start at the same time', async () => {
    write('20260101000000_init', table);
    const results = await Promise.all([migrate(), migrate(), migrate()]);
    expect(results.flatMap(({ applied }) => applied)).toEqual(['20260101000000_init']);
  });

  it('are written as the difference from the migrations to the schema', async () => {
    write('20260101000000_init', table);
    const options = { service: 'vault', serverUrl: databaseUrl, directory, now: new Date('2026-11-20T10:00:00Z') };
    const script = await createMigration({ ...options, name: 'add_serial' });
    expect(script).toBe(join(directory, 'migrations/20261120100000_add_serial/migration.sql'));
    expect(readFileSync(script!, 'utf8')).toMatch(/ALTER TABLE "Bar" ADD COLUMN +"serial" TEXT NOT NULL/);
    expect(await createMigration({ ...options, name: 'add_nothing' })).toBeNull();
    expect(await query(`SELECT FROM pg_database WHERE datname LIKE 'migration_shadow%${process.pid}%'`)).toEqual([]);
  });
});
