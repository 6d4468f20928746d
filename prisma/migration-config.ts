import { readEnvironment, type Environment } from '#shared/environment.ts';
import { databaseUrl } from '#shared/service-settings.ts';

/**
 * The database of `service` from its environment variable, such as MARKET_DATA_DATABASE_URL.
 * @throws EnvironmentError when it is missing or no PostgreSQL URL
 */
export function readMigrationConfig(service: string, environment: Environment = process.env): { databaseUrl: string } {
  const name = `${service.toUpperCase().replaceAll('-', '_')}_DATABASE_URL`;
  const values: Record<string, unknown> = readEnvironment(
    `the migration of ${service}`,
    { [name]: databaseUrl() },
    environment,
  );
  return { databaseUrl: String(values[name]) };
}
