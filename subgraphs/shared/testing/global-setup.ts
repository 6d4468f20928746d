import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { migrateDatabase } from '../../../prisma/migrate-database.ts';
import { createDatabase, dropDatabase, withDatabaseName } from './test-database.ts';
import { readTestConfig, setTemplatePrefix } from './config.ts';

/**
 * Runs once before all tests: makes one migrated database a service, of which each test file gets a copy in milliseconds.
 * @returns what removes them again
 */
export default async function globalSetup(): Promise<() => Promise<void>> {
  const { TEST_POSTGRES_URL: serverUrl } = readTestConfig();
  const run = randomBytes(4).toString('hex');
  setTemplatePrefix(`gold_template_${run}`);
  const services = readdirSync('prisma').filter((name) => existsSync(`prisma/${name}/schema.prisma`));
  const templates = await Promise.all(
    services.map(async (service) => {
      const url = withDatabaseName(serverUrl, `gold_template_${run}_${service.replaceAll('-', '_')}`);
      await createDatabase(url);
      await migrateDatabase({ service, databaseUrl: url });
      return url;
    }),
  );
  return async () => {
    for (const url of templates) await dropDatabase(url);
  };
}
