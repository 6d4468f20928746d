import type { Environment } from '#shared/environment.ts';
import { databaseUrl, readProcessConfig, subgraphSettings } from '#shared/service-settings.ts';

/** The settings of the order service, each an environment variable. */
export const settings = {
  ...subgraphSettings(4004),
  ORDER_DATABASE_URL: databaseUrl().describe("PostgreSQL database of the order service, nobody else's"),
};

export type Config = ReturnType<typeof readConfig>;

/** Reads the settings. @throws EnvironmentError naming every problem */
export function readConfig(environment: Environment = process.env) {
  return readProcessConfig('order', settings, environment);
}
