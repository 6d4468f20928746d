import { PrismaClient } from '#prisma/notification/generated/client.ts';
import { databaseCheck, databaseOptions } from '#shared/database.ts';
import { createLogger } from '#shared/logger.ts';
import { createMetrics } from '#shared/metrics.ts';
import { processName } from '#shared/service-settings.ts';
import type { Config } from './config.ts';

/** What both roles stand on: PostgreSQL, a log and metrics. */
export function openConnections(config: Config) {
  const name = processName('notification', config);
  const database = new PrismaClient(
    databaseOptions({ url: config.NOTIFICATION_DATABASE_URL, poolSize: config.DATABASE_POOL_SIZE }),
  );
  return {
    logger: createLogger({ service: name, level: config.LOG_LEVEL }),
    metrics: createMetrics(name),
    database,
    checks: { postgresql: databaseCheck(database) },
  };
}
