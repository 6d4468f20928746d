import { PrismaClient } from '#prisma/pricing/generated/client.ts';
import { databaseCheck, databaseOptions } from '#shared/database.ts';
import { createLogger } from '#shared/logger.ts';
import { createMetrics } from '#shared/metrics.ts';
import { closeRedis, createRedis, redisCheck } from '#shared/redis.ts';
import { processName } from '#shared/service-settings.ts';
import type { Config } from './config.ts';

/** What both roles stand on: connections to PostgreSQL and Redis, a log and metrics. */
export function openConnections(config: Config) {
  const name = processName('pricing', config);
  const logger = createLogger({ service: name, level: config.LOG_LEVEL });
  const database = new PrismaClient(
    databaseOptions({ url: config.PRICING_DATABASE_URL, poolSize: config.DATABASE_POOL_SIZE }),
  );
  const redis = createRedis(config.REDIS_URL, logger);
  return {
    logger,
    metrics: createMetrics(name),
    database,
    redis,
    checks: {
      postgresql: databaseCheck(database),
      redis: redisCheck(redis),
    },
    async close() {
      await database.$disconnect();
      closeRedis(redis);
    },
  };
}
