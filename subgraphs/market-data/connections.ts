import { PrismaClient } from '#prisma/market-data/generated/client.ts';
import { databaseCheck, databaseOptions } from '#shared/database.ts';
import { createLogger } from '#shared/logger.ts';
import { createMetrics } from '#shared/metrics.ts';
import { closeRedis, createRedis, redisCheck } from '#shared/redis.ts';
import { processName } from '#shared/service-settings.ts';
import { createTickFollower } from '#shared/ticks/tick-follower.ts';
import type { Config } from './config.ts';
import { createTickHistoryRepository } from './history/tick-history-repository.ts';

/** What both roles stand on: connections to PostgreSQL and Redis, a follower of ticks, a log and metrics. */
export function openConnections(config: Config) {
  const name = processName('market-data', config);
  const logger = createLogger({ service: name, level: config.LOG_LEVEL });
  const prisma = new PrismaClient(
    databaseOptions({ url: config.MARKET_DATA_DATABASE_URL, poolSize: config.DATABASE_POOL_SIZE }),
  );
  const redis = createRedis(config.REDIS_URL, logger);
  const follower = createTickFollower({
    redis,
    prefix: config.REDIS_PREFIX,
    memory: config.TICKS_IN_MEMORY,
    // The worker fills the history: what it reads has not come there yet.
    ...(config.ROLE === 'server' && { history: createTickHistoryRepository(prisma) }),
    logger,
  });
  return {
    logger,
    metrics: createMetrics(name),
    prisma,
    redis,
    follower,
    checks: {
      postgresql: databaseCheck(prisma),
      redis: redisCheck(redis),
    },
    async close() {
      await follower.close();
      closeRedis(redis);
      await prisma.$disconnect();
    },
  };
}
