import { PrismaClient } from '#prisma/market-data/generated/client.ts';
import { createDatabaseAdapter } from '#shared/database.ts';
import { createLogger } from '#shared/logger.ts';
import { createMetrics } from '#shared/metrics.ts';
import { closeRedis, createRedis } from '#shared/redis.ts';
import { createTickFollower } from '#shared/ticks/tick-follower.ts';
import type { Config } from './config.ts';

/** What both roles stand on: connections to PostgreSQL and Redis, a follower of ticks, a log and metrics. */
export function openConnections(config: Config) {
  const logger = createLogger({ service: `market-data-${config.ROLE}`, level: config.LOG_LEVEL });
  const adapter = createDatabaseAdapter({ url: config.MARKET_DATA_DATABASE_URL, poolSize: config.DATABASE_POOL_SIZE });
  const prisma = new PrismaClient({ adapter });
  const redis = createRedis(config.REDIS_URL, logger);
  const follower = createTickFollower({ redis, prefix: config.REDIS_PREFIX, memory: config.TICKS_IN_MEMORY, logger });
  return {
    logger,
    metrics: createMetrics(`market-data-${config.ROLE}`),
    prisma,
    redis,
    follower,
    checks: {
      postgres: async () => {
        await prisma.$queryRaw`SELECT 1`;
      },
      redis: async () => {
        await redis.ping();
      },
    },
    async close() {
      await follower.close();
      closeRedis(redis);
      await prisma.$disconnect();
    },
  };
}
