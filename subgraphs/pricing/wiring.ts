import { readFileSync } from 'node:fs';
import { buildSubgraphSchema } from '@apollo/subgraph';
import { parse } from 'graphql';
import { PrismaClient } from '#prisma/pricing/generated/client.ts';
import { createDatabaseAdapter, databaseCheck, type SqlClient } from '#shared/database.ts';
import { startEventConsumer } from '#shared/events/event-consumer.ts';
import { createHttpServer } from '#shared/http-server.ts';
import type { RunningWorker } from '#shared/jobs.ts';
import { createLogger, type Logger } from '#shared/logger.ts';
import { createMetrics, gauge } from '#shared/metrics.ts';
import { closeRedis, createRedis, redisCheck } from '#shared/redis.ts';
import type { WiredProcess } from '#shared/run-process.ts';
import { processName } from '#shared/service-settings.ts';
import { createSubgraphServer } from '#shared/subgraph-server.ts';
import { createTickFollower } from '#shared/ticks/tick-follower.ts';
import { createTokenVerifier } from '#shared/token-verifier.ts';
import type { Config } from './config.ts';
import { symbolOf } from './domain/priced-product.ts';
import { createMarketTicks } from './market-ticks.ts';
import { createMoments } from './moment.ts';
import { createPriceBook } from './price-book.ts';
import { createPriceBookListener } from './price-book-listener.ts';
import { createPriceBookRepository } from './price-book-repository.ts';
import { keepNewest } from './priced-product-repository.ts';
import { createPricingService } from './pricing-service.ts';
import { resolvers } from './resolvers.ts';

/** The process that the configuration's role asks for. */
export function wire(config: Config): WiredProcess {
  return config.ROLE === 'server' ? wireServer(config) : wireWorker(config);
}

/** The server: GraphQL, priced from memory. It listens once the price book is loaded. */
export function wireServer(config: Config): WiredProcess {
  const logger = openLogger(config);
  const database = openDatabase(config);
  const redis = createRedis(config.REDIS_URL, logger);
  const follower = createTickFollower({ redis, prefix: config.REDIS_PREFIX, memory: config.TICKS_IN_MEMORY, logger });
  const market = createMarketTicks({ follower, waitMs: config.TICK_WAIT_MS, logger });
  const book = createPriceBook({
    repository: createPriceBookRepository(database),
    logger,
    onReload: ({ products }) => market.follow(new Set([...products.values()].map((product) => symbolOf(product)))),
  });
  const listener = createPriceBookListener({ url: config.PRICING_DATABASE_URL, logger, onChange: book.reload });
  const moments = createMoments({ book, market, now: Date.now });
  const lineRounding = { BUY: config.LINE_ROUNDING_BUY, SELL: config.LINE_ROUNDING_SELL };
  const pricing = createPricingService({ moments, market, lineRounding });
  const metrics = createMetrics(processName('pricing', config));
  gauge(
    metrics,
    'gold_pricing_rules_unreadable',
    'Active pricing rules that are left out because they cannot be read',
    {
      collect: (unreadable) => unreadable.set(book.current().unreadableRules.length),
    },
  );
  const typeDefs = parse(readFileSync(new URL('schema.graphql', import.meta.url), 'utf8'));
  const server = createSubgraphServer({
    schema: buildSubgraphSchema([{ typeDefs, resolvers: { ...resolvers } }]),
    host: config.HOST,
    port: config.PORT,
    logger,
    metrics,
    checks: {
      postgresql: databaseCheck(database),
      redis: redisCheck(redis),
      priceBook: () => listener.check(),
    },
    verifier: createTokenVerifier({ jwksUrl: config.AUTH_JWKS_URL, issuer: config.AUTH_ISSUER }),
    gatewaySecret: config.GATEWAY_SECRET,
    createContext: (base) => ({ ...base, pricing, moments }),
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

/** The worker: learns of products from the order service's events. */
export function wireWorker(config: Config): WiredProcess {
  const logger = openLogger(config);
  const database = openDatabase(config);
  const redis = createRedis(config.REDIS_URL, logger);
  const http = createHttpServer({
    host: config.HOST,
    port: config.PORT,
    metrics: createMetrics(processName('pricing', config)),
    checks: {
      postgresql: databaseCheck(database),
      redis: redisCheck(redis),
    },
    onError: (err) => logger.error({ err }, 'request failed'),
  });
  let consumer: RunningWorker | undefined;
  return {
    logger,
    async start() {
      consumer = startEventConsumer({
        consumer: 'pricing',
        database,
        redis,
        prefix: config.REDIS_PREFIX,
        logger,
        handlers: {
          'order.product-changed': (transaction: SqlClient, { data }) => keepNewest(transaction, data),
        },
      });
      return http.listen();
    },
    async stop() {
      await http.close();
      await consumer?.close();
      await database.$disconnect();
      closeRedis(redis);
    },
  };
}

function openLogger(config: Config): Logger {
  return createLogger({ service: processName('pricing', config), level: config.LOG_LEVEL });
}

function openDatabase(config: Config): PrismaClient {
  return new PrismaClient({
    adapter: createDatabaseAdapter({ url: config.PRICING_DATABASE_URL, poolSize: config.DATABASE_POOL_SIZE }),
  });
}
