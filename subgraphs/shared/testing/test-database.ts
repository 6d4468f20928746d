import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { readTestConfig } from './config.ts';

export type TestDatabase = { url: string; drop(): Promise<void> };

/** A database of its own for a test file: a copy of the service's migrated template, without seed. Drop it at the end. */
export async function createTestDatabase(service: string): Promise<TestDatabase> {
  const { TEST_POSTGRES_URL: serverUrl, TEST_TEMPLATE_PREFIX: prefix } = readTestConfig();
  const name = service.replaceAll('-', '_');
  const url = withDatabaseName(serverUrl, `gold_test_${name}_${randomBytes(5).toString('hex')}`);
  await createDatabase(url, `${prefix}_${name}`);
  return { url, drop: () => dropDatabase(url) };
}

/** The same server, another database. */
export function withDatabaseName(serverUrl: string, name: string): string {
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return url.href;
}

/** Creates the database that a URL names, empty or as a copy of another one that nobody is connected to. */
export async function createDatabase(url: string, template?: string): Promise<void> {
  await onServer(url, (client, name) =>
    client.query(`CREATE DATABASE "${name}"${template ? ` TEMPLATE "${template}"` : ''}`),
  );
}

/** Drops the database that a URL names, whoever is still connected to it. */
export async function dropDatabase(url: string): Promise<void> {
  await onServer(url, (client, name) => client.query(`DROP DATABASE IF EXISTS "${name}" WITH (FORCE)`));
}

async function onServer(url: string, work: (client: pg.Client, name: string) => Promise<unknown>): Promise<void> {
  const client = new pg.Client({ connectionString: withDatabaseName(url, 'postgres') });
  await client.connect();
  try {
    await work(client, new URL(url).pathname.slice(1));
  } finally {
    await client.end();
  }
}
