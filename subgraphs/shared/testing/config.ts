import { readEnvironment, urlOf } from '../environment.ts';
import { databaseUrl } from '../service-settings.ts';
import { z } from 'zod';

/** What `npm test` tells the tests: the servers that it has started. */
const settings = {
  TEST_POSTGRES_URL: databaseUrl().describe('A PostgreSQL on which the tests may create databases'),
  TEST_REDIS_URL: urlOf(['redis', 'rediss']).describe('A Redis for the tests'),
  TEST_TEMPLATE_PREFIX: z
    .string()
    .default('gold_template')
    .describe('Begins the names of the migrated databases that are copied'),
  TEST_REDIS_KIND: z.enum(['redis-server', 'js-redis-server', 'external']).default('external'),
};

export function readTestConfig() {
  return readEnvironment('the tests (start them with `npm test`)', settings, process.env);
}

/** Hands the name of this run's template databases on to the test files, which run in other processes. */
export function setTemplatePrefix(prefix: string): void {
  process.env.TEST_TEMPLATE_PREFIX = prefix;
}
