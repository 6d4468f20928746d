import { PrismaClient } from '#prisma/notification/generated/client.ts';
import { createDatabaseAdapter, databaseCheck, patientTransactions } from '#shared/database.ts';
import { createLogger } from '#shared/logger.ts';
import { createMetrics } from '#shared/metrics.ts';
import { processName } from '#shared/service-settings.ts';
import type { Config } from './config.ts';

/** What both roles stand on: PostgreSQL, a log and metrics. */
export function openConnections(config: Config) {
  const name = processName('notification', config);
  const adapter = createDatabaseAdapter({ url: config.NOTIFICATION_DATABASE_URL, poolSize: config.DATABASE_POOL_SIZE });
  const database = new PrismaClient({
    adapter,
    // Many may be told the same at once, and many deliveries be due.
    transactionOptions: patientTransactions,
  });
  return {
    logger: createLogger({ service: name, level: config.LOG_LEVEL }),
    metrics: createMetrics(name),
    database,
    checks: { postgresql: databaseCheck(database) },
  };
}
