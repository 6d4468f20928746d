import type { Redis } from 'ioredis';
import { readBody } from '#shared/graphql-http.ts';
import type { Logger } from '#shared/logger.ts';
import type { Registry } from '#shared/metrics.ts';
import type { Config } from './config.ts';
import { createCompression } from './http/compression.ts';
import { createAnswerSender } from './http/send-answer.ts';
import type { SecurityHeaders } from './http/security-headers.ts';
import type { CorsPolicy } from './cors-policy.ts';
import type { GatewayContext } from './gateway-context.ts';
import { createGraphqlAnswerer } from './queries/answer-graphql.ts';
import { createApolloExecutor, createApolloServer } from './queries/apollo-server.ts';
import { createCacheMetrics } from './queries/caching/cache-metrics.ts';
import { createCacheStore } from './queries/caching/cache-store.ts';
import { createEntityCache } from './queries/caching/entity-cache.ts';
import { createRedisLayer } from './queries/caching/redis-layer.ts';
import { createResponseCache } from './queries/caching/response-cache.ts';
import { createOperationExecutor } from './queries/execute-operation.ts';
import { createGatewayInterface } from './queries/gateway-interface.ts';
import { createKnownOperations } from './queries/known-operations.ts';
import { createPersistedQueries } from './queries/persisted-queries/persisted-queries.ts';
import { createRequestedDocuments } from './queries/persisted-queries/requested-document.ts';
import { createSubgraphRequests } from './queries/requests/subgraph-requests.ts';
import { createOperationServer } from './queries/serve-operation.ts';
import { createWriteBudget } from './queries/write-budget.ts';
import { createRestExecutor } from './rest/execute-rest.ts';
import { createRestRoutes } from './rest/rest-routes.ts';
import { createAdmission } from './security/limits/admission.ts';
import { createRates } from './security/limits/rates.ts';
import { createSharedRates } from './security/limits/shared-rates.ts';
import { createTrustedDocuments } from './security/trusted-documents/trusted-documents.ts';
import { createGeneration, type Generation } from './supergraph/generation.ts';
import { createValidDocuments } from './valid-documents.ts';

/** Milliseconds: as long as anything of the project's own graph is kept. */
const cacheWindowMs = 300_000;

/** Builds what answers queries and mutations, and what subscriptions have in common with them. */
export function wireQueries(options: {
  config: Config;
  redis: Redis | undefined;
  cors: CorsPolicy;
  security: SecurityHeaders;
  metrics: Registry;
  logger: Logger;
}) {
  const { config, redis, metrics, logger } = options;
  const prefix = config.REDIS_PREFIX;

  const shared = redis && createSharedRates({ redis, prefix, metrics, logger });
  const rates = createRates({
    anonymousPerSecond: config.RATE_ANONYMOUS_COST_PER_SECOND,
    userPerSecond: config.RATE_USER_COST_PER_SECOND,
    burstSeconds: config.RATE_BURST_SECONDS,
    shared,
  });
  const admission = createAdmission({ maxCost: config.MAX_COST, rates, metrics });

  const trusted = createTrustedDocuments({
    file: config.TRUSTED_DOCUMENTS_FILE,
    mode: config.TRUSTED_DOCUMENTS,
    pollMs: config.SUPERGRAPH_POLL_MS,
    allowIntrospection: config.EXPLORER,
    logger,
    metrics,
  });
  const persisted = config.PERSISTED_QUERIES
    ? createPersistedQueries({ redis, prefix, limitBytes: config.PERSISTED_QUERIES_BYTES, logger, metrics })
    : undefined;
  const requested = createRequestedDocuments({ trusted, persisted });
  const documents = createValidDocuments({
    limits: {
      maxDepth: config.MAX_DEPTH,
      maxSelections: config.MAX_SELECTIONS,
      maxRootFields: config.MAX_ROOT_FIELDS,
      maxAliases: config.MAX_ALIASES,
      maxDirectives: config.MAX_DIRECTIVES,
    },
    maxTokens: config.MAX_TOKENS,
    introspection: config.EXPLORER,
    hideSuggestions: !config.SUGGESTIONS,
  });
  const operations = createKnownOperations({
    documents,
    limitBytes: config.KNOWN_OPERATIONS_BYTES,
    hideSuggestions: !config.SUGGESTIONS,
  });

  const requests = createSubgraphRequests({
    urls: {
      auth: config.AUTH_URL,
      'market-data': config.MARKET_DATA_URL,
      pricing: config.PRICING_URL,
      order: config.ORDER_URL,
      notification: config.NOTIFICATION_URL,
    },
    connections: config.SUBGRAPH_CONNECTIONS,
    queue: config.SUBGRAPH_QUEUE,
    timeoutMs: config.SUBGRAPH_TIMEOUT_MS,
    answerLimitBytes: config.SUBGRAPH_ANSWER_LIMIT_BYTES,
    retries: config.SUBGRAPH_RETRIES,
    sharing: config.SUBGRAPH_SHARING,
    breakerFailures: config.SUBGRAPH_BREAKER_FAILURES,
    breakerMs: config.SUBGRAPH_BREAKER_MS,
    gatewaySecret: config.GATEWAY_SECRET,
    metrics,
    logger,
  });
  const cacheMetrics = createCacheMetrics(metrics);
  const store = createCacheStore({
    redis:
      redis &&
      createRedisLayer({
        redis,
        prefix,
        timeoutMs: config.CACHE_REDIS_TIMEOUT_MS,
        mayWrite: createWriteBudget({ limitBytes: config.CACHE_REDIS_BYTES, windowMs: cacheWindowMs }),
        metrics: cacheMetrics,
        logger,
      }),
    localBytes: config.CACHE_LOCAL_BYTES,
    metrics: cacheMetrics,
  });
  const responses = config.RESPONSE_CACHE
    ? { cache: createResponseCache({ store, counts: cacheMetrics.response }), store }
    : undefined;

  const execute = createOperationExecutor({ accessRefusal: config.ACCESS_REFUSAL, logger });
  const serve = createOperationServer({
    admission,
    execute,
    responses,
  });
  const gateway = createGatewayInterface({ execute: createApolloExecutor(serve) });
  const generation = () => gateway.current()!;
  const apollo = createApolloServer({ gateway, introspection: config.EXPLORER, logger });
  const send = createAnswerSender({
    cors: options.cors,
    security: options.security,
    compression: createCompression({ minBytes: config.COMPRESSION_MIN_BYTES }),
  });
  const bodyLimitBytes = config.BODY_LIMIT_BYTES;

  return {
    /** The generation that is served; `undefined` before the first one. */
    current: gateway.current,
    /** Makes a generation of a supergraph. @throws Error for one that cannot be served */
    read: (supergraphSdl: string): Generation =>
      createGeneration(supergraphSdl, requests.of, {
        assumedListSize: config.ASSUMED_LIST_SIZE,
        ...(config.ENTITY_CACHE && {
          keepAnswers: (rules) => createEntityCache({ ...rules, store, counts: cacheMetrics.entity }),
        }),
      }),
    /** Serves a generation from now on. */
    serveGeneration(served: Generation): void {
      gateway.serve(served);
      requests.retain(served.subgraphs.values());
      trusted
        .checkAgainst(served.apiSchema)
        .catch((err: unknown) => logger.error({ err }, 'trusted documents could not be checked'));
    },
    requested,
    operations,
    admission,
    serve,
    answer: createGraphqlAnswerer({
      generation,
      documents: requested,
      operations,
      admission,
      serve,
      apollo,
      send,
      bodyLimitBytes,
      metrics,
    }),
    rest: createRestRoutes<GatewayContext>({
      documents: trusted,
      schema: () => gateway.current()?.apiSchema,
      execute: createRestExecutor({ generation, operations, admission, serve }),
      readBody: (request) => readBody(request, bodyLimitBytes),
    }),
    async start(): Promise<void> {
      shared?.start();
      await trusted.start();
      await apollo.start();
    },
    async stop(): Promise<void> {
      await apollo.stop();
      await requests.close();
      await trusted.close();
      await shared?.close();
      store.close();
    },
  };
}
