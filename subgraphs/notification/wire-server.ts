import { createDatabaseListener } from '#shared/database-listener.ts';
import { closeRedis, createRedis } from '#shared/redis.ts';
import type { WiredProcess } from '#shared/run-process.ts';
import { createSubgraphServer, readSubgraphSchema } from '#shared/subgraph-server.ts';
import { createTickFollower } from '#shared/ticks/tick-follower.ts';
import { createTickReader } from '#shared/ticks/tick-reader.ts';
import type { Config } from './config.ts';
import { openConnections } from './connections.ts';
import { createContext, type Services } from './context.ts';
import { createDeadLetterService } from './dead-letter-service.ts';
import { createInboxChanges } from './inbox-changes.ts';
import { createInboxService } from './inbox-service.ts';
import { createPreferenceService } from './preference-service.ts';
import { createLatestPrices } from './price-alert-prices.ts';
import { createPriceAlertService } from './price-alert-service.ts';
import { createPushSubscriptionService } from './push-subscription-service.ts';
import { createQuietHoursService } from './quiet-hours-service.ts';
import { resolvers } from './resolvers.ts';

/**
 * The server: GraphQL. What has changed it hears from PostgreSQL, so that inboxes go on while Redis is away; only prices
 * for new alerts come from there.
 */
export function wireServer(config: Config): WiredProcess {
  const { logger, metrics, database, checks } = openConnections(config);
  const now = Date.now;
  const { REDIS_PREFIX: prefix, TICKS_IN_MEMORY: memory } = config;
  const redis = createRedis(config.REDIS_URL, logger);
  const follower = createTickFollower({ redis, prefix, memory, logger });
  const changes = createInboxChanges();
  const listener = createDatabaseListener({
    url: config.NOTIFICATION_DATABASE_URL,
    channel: 'inbox',
    logger,
    onNotification: async (userId) => changes.notice(userId),
    onConnected: async () => changes.noticeAll(),
  });
  const services: Services = {
    inbox: createInboxService({ database, changes, now }),
    preferences: createPreferenceService({ database }),
    quietHours: createQuietHoursService({ database, now }),
    pushSubscriptions: createPushSubscriptionService({ database }),
    deadLetters: createDeadLetterService({ database, logger, now }),
    priceAlerts: createPriceAlertService({
      database,
      prices: createLatestPrices({
        follower,
        reader: createTickReader({ redis, prefix }),
        waitMs: config.TICK_WAIT_MS,
      }),
      limit: config.ALERT_LIMIT,
      now,
    }),
  };
  const server = createSubgraphServer({
    schema: readSubgraphSchema(new URL('schema.graphql', import.meta.url), resolvers),
    config,
    logger,
    metrics,
    checks: { ...checks, inboxChanges: () => listener.check() },
    createContext: (base) => createContext(base, services),
  });
  return {
    logger,
    async start() {
      await listener.start();
      return server.listen();
    },
    async stop() {
      await server.close();
      await listener.close();
      await follower.close();
      await database.$disconnect();
      closeRedis(redis);
    },
  };
}
