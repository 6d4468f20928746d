import { readFileSync } from 'node:fs';
import { buildSubgraphSchema } from '@apollo/subgraph';
import { parse } from 'graphql';
import { PrismaClient } from '#prisma/order/generated/client.ts';
import { createDatabaseAdapter, databaseCheck } from '#shared/database.ts';
import { createOutboxRelay } from '#shared/events/outbox-relay.ts';
import { createHttpServer } from '#shared/http-server.ts';
import { createLogger, type Logger } from '#shared/logger.ts';
import { createMetrics } from '#shared/metrics.ts';
import { closeRedis, createRedis, redisCheck } from '#shared/redis.ts';
import type { WiredProcess } from '#shared/run-process.ts';
import { processName } from '#shared/service-settings.ts';
import { createSubgraphServer } from '#shared/subgraph-server.ts';
import { createTokenVerifier } from '#shared/token-verifier.ts';
import { createCatalogueService } from './catalogue-service.ts';
import type { Config } from './config.ts';
import { createContext } from './context.ts';
import { resolvers } from './resolvers.ts';

/** The process that the configuration's role asks for. */
export function wire(config: Config): WiredProcess {
  return config.ROLE === 'server' ? wireServer(config) : wireWorker(config);
}

/** The server: GraphQL. It does not touch Redis, so it answers while Redis is away. */
export function wireServer(config: Config): WiredProcess {
  const logger = openLogger(config);
  const database = openDatabase(config);
  const catalogue = createCatalogueService({ database });
  const typeDefs = parse(readFileSync(new URL('schema.graphql', import.meta.url), 'utf8'));
  const server = createSubgraphServer({
    schema: buildSubgraphSchema([{ typeDefs, resolvers: { ...resolvers } }]),
    host: config.HOST,
    port: config.PORT,
    logger,
    metrics: createMetrics(processName('order', config)),
    checks: { postgresql: databaseCheck(database) },
    verifier: createTokenVerifier({ jwksUrl: config.AUTH_JWKS_URL, issuer: config.AUTH_ISSUER }),
    gatewaySecret: config.GATEWAY_SECRET,
    createContext: (base) => createContext(base, catalogue),
  });
  return {
    logger,
    start: () => server.listen(),
    async stop() {
      await server.close();
      await database.$disconnect();
    },
  };
}

/** The worker: tells other services what has happened here. */
export function wireWorker(config: Config): WiredProcess {
  const logger = openLogger(config);
  const database = openDatabase(config);
  const redis = createRedis(config.REDIS_URL, logger);
  const metrics = createMetrics(processName('order', config));
  const relay = createOutboxRelay({ database, redis, prefix: config.REDIS_PREFIX, logger, metrics });
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
      return http.listen();
    },
    async stop() {
      await http.close();
      await relay.close();
      await database.$disconnect();
      closeRedis(redis);
    },
  };
}

function openLogger(config: Config): Logger {
  return createLogger({ service: processName('order', config), level: config.LOG_LEVEL });
}

function openDatabase(config: Config): PrismaClient {
  return new PrismaClient({
    adapter: createDatabaseAdapter({ url: config.ORDER_DATABASE_URL, poolSize: config.DATABASE_POOL_SIZE }),
  });
}
