import { PrismaClient } from '#prisma/order/generated/client.ts';
import { createDatabaseListener } from '#shared/database-listener.ts';
import { databaseCheck, databaseOptions } from '#shared/database.ts';
import { createOutboxRelay } from '#shared/events/outbox-relay.ts';
import { createHousekeeping } from '#shared/housekeeping.ts';
import { createHttpServer } from '#shared/http-server.ts';
import { createLogger, type Logger } from '#shared/logger.ts';
import { createMetrics } from '#shared/metrics.ts';
import { createQuoteVerifier } from '#shared/quote-token.ts';
import { closeRedis, createRedis, redisCheck } from '#shared/redis.ts';
import type { WiredProcess } from '#shared/run-process.ts';
import { processName } from '#shared/service-settings.ts';
import { createSubgraphServer, readSubgraphSchema } from '#shared/subgraph-server.ts';
import { createCatalogueService } from './catalogue-service.ts';
import type { Config } from './config.ts';
import { createContext, type Services } from './context.ts';
import { createOrderExpiry } from './jobs/expire-orders.ts';
import { createOrderChanges, type OrderChanges } from './order-changes.ts';
import { createOrderFeed } from './order-feed.ts';
import { createOrderReadingService } from './order-reading-service.ts';
import { createOrderService } from './order-service.ts';
import { createPlacementService } from './placement-service.ts';
import { resolvers } from './resolvers.ts';
import { createStockService } from './stock-service.ts';
import { createWalletService } from './wallet-service.ts';

/** The time as this process has it, in epoch milliseconds; tests bring their own. */
type Clock = () => number;

/** The process that the configuration's role asks for. */
export function wire(config: Config): WiredProcess {
  return config.ROLE === 'server' ? wireServer(config) : wireWorker(config);
}

/** The server: GraphQL. It does not touch Redis, so it answers while Redis is away. */
export function wireServer(config: Config, now: Clock = Date.now): WiredProcess {
  const logger = openLogger(config);
  const database = openDatabase(config);
  const changes = createOrderChanges();
  const services = createServices({ config, database, now, changes });
  const listener = createDatabaseListener({
    url: config.ORDER_DATABASE_URL,
    channel: 'order_changed',
    logger,
    onNotification: async (orderId) => changes.announce(orderId),
    onConnected: async () => changes.announceAll(),
  });
  const server = createSubgraphServer({
    schema: readSubgraphSchema(new URL('schema.graphql', import.meta.url), resolvers),
    config,
    logger,
    metrics: createMetrics(processName('order', config)),
    checks: { postgresql: databaseCheck(database), orderChanges: () => listener.check() },
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
      await database.$disconnect();
    },
  };
}

/** The worker: tells other services what has happened here, and lets unpaid orders expire, which needs no Redis. */
export function wireWorker(config: Config, now: Clock = Date.now): WiredProcess {
  const logger = openLogger(config);
  const database = openDatabase(config);
  const redis = createRedis(config.REDIS_URL, logger);
  const metrics = createMetrics(processName('order', config));
  const relay = createOutboxRelay({ database, redis, prefix: config.REDIS_PREFIX, logger, metrics });
  const expiry = createOrderExpiry({ orders: createOrderService({ database, now }), logger });
  const housekeeping = createHousekeeping({ database, tables: ['outbox_message', 'idempotency_key'], logger });
  const http = createHttpServer({
    host: config.HOST,
    port: config.PORT,
    metrics,
    checks: {
      postgresql: databaseCheck(database),
      redis: redisCheck(redis),
    },
    onError: (err) => logger.error({ err }, 'request failed'),
  });
  return {
    logger,
    async start() {
      relay.start();
      expiry.start();
      housekeeping.start();
      return http.listen();
    },
    async stop() {
      await http.close();
      await Promise.all([relay.close(), expiry.close(), housekeeping.close()]);
      await database.$disconnect();
      closeRedis(redis);
    },
  };
}

function createServices(options: {
  config: Config;
  database: PrismaClient;
  now: Clock;
  changes: OrderChanges;
}): Services {
  const { config, database, now, changes } = options;
  const reading = createOrderReadingService({ database, now });
  return {
    catalogue: createCatalogueService({ database }),
    placement: createPlacementService({
      database,
      quotes: createQuoteVerifier(config.QUOTE_VERIFICATION_KEYS),
      now,
      paymentWindowMs: config.PAYMENT_WINDOW_SECONDS * 1_000,
      quoteGraceMs: config.QUOTE_GRACE_MS,
    }),
    orders: createOrderService({ database, now }),
    reading,
    feed: createOrderFeed({ database, reading, changes }),
    stockKeeping: createStockService({ database, now }),
    wallets: createWalletService({ database, now }),
  };
}

function openLogger(config: Config): Logger {
  return createLogger({ service: processName('order', config), level: config.LOG_LEVEL });
}

function openDatabase(config: Config): PrismaClient {
  return new PrismaClient(databaseOptions({ url: config.ORDER_DATABASE_URL, poolSize: config.DATABASE_POOL_SIZE }));
}
