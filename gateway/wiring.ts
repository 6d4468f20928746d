import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import { acceptCorrelationId, correlationHeader, withCorrelation } from '#shared/correlation.ts';
import { formatError } from '#shared/error-format.ts';
import { answerGraphql, sendRefusal, type Body } from '#shared/graphql-http.ts';
import { createHttpServer, sendJson } from '#shared/http-server.ts';
import { createLogger } from '#shared/logger.ts';
import { createMetrics } from '#shared/metrics.ts';
import { closeRedis, createRedis } from '#shared/redis.ts';
import type { WiredProcess } from '#shared/run-process.ts';
import { createTokenVerifier } from '#shared/token-verifier.ts';
import { disableVendorTelemetry, type Config } from './config.ts';
import { createCorsPolicy } from './cors-policy.ts';
import type { GatewayContext } from './gateway-context.ts';
import { createPageRoutes } from './pages/page-routes.ts';
import { createApolloServer, executeOperation } from './queries/apollo-server.ts';
import { createGatewayInterface } from './queries/gateway-interface.ts';
import { createStockExecutor } from './queries/stock-executor.ts';
import { createSubgraphs } from './queries/subgraphs.ts';
import { createCallerVerifier } from './security/caller-verifier.ts';
import { createEndedSessions } from './security/ended-sessions.ts';
import { createSessionWatch } from './security/session-watch.ts';
import { createBacklogs } from './subscriptions/transports/backlog.ts';
import { addressOf, clientKey } from './subscriptions/transports/client-address.ts';
import { createClientLimits } from './subscriptions/transports/client-limits.ts';
import { createClientOperations } from './subscriptions/client-operations.ts';
import type { Exchange } from './subscriptions/transports/http-operation.ts';
import { createHttpStreams } from './subscriptions/transports/http-streams.ts';
import { createStreamHub } from './subscriptions/streams/stream-hub.ts';
import { createStreamMetrics } from './subscriptions/streams/stream-metrics.ts';
import { createClientMetrics } from './subscriptions/transports/client-metrics.ts';
import { createUnsafeFields } from './subscriptions/plans/unsafe-fields.ts';
import { createUpstreamConnections } from './subscriptions/upstreams/upstream-connections.ts';
import { serveWebSockets } from './subscriptions/transports/websocket-transport.ts';
import { createGeneration } from './supergraph/generation.ts';
import { createSupergraphSource } from './supergraph/supergraph-source.ts';
import { createValidDocuments } from './valid-documents.ts';

const path = '/graphql';
/** So much of SHUTDOWN_TIMEOUT_MS is kept for what follows the last client. */
const afterClientsMs = 500;
const ownSupergraph = new URL('supergraph.graphql', import.meta.url);

/** Builds the gateway from its settings; nothing else constructs anything. */
export async function wire(config: Config): Promise<WiredProcess> {
  const logger = createLogger({ service: 'gateway', level: config.LOG_LEVEL });
  const metrics = createMetrics('gateway');
  const redis = config.REDIS_URL ? createRedis(config.REDIS_URL, logger) : undefined;
  const endedSessions = createEndedSessions({ redis, prefix: config.REDIS_PREFIX, metrics, logger });
  const verifier = createCallerVerifier({
    tokens: createTokenVerifier({ jwksUrl: config.AUTH_JWKS_URL, issuer: config.AUTH_ISSUER }),
    endedSessions,
  });
  const corsPolicy = createCorsPolicy({
    origins: config.CORS_ORIGINS,
    allowLocalhost: config.NODE_ENV !== 'production',
  });
  const subgraphs = createSubgraphs({
    urls: {
      auth: config.AUTH_URL,
      'market-data': config.MARKET_DATA_URL,
      pricing: config.PRICING_URL,
      order: config.ORDER_URL,
      notification: config.NOTIFICATION_URL,
    },
    connections: config.SUBGRAPH_CONNECTIONS,
    timeoutMs: config.SUBGRAPH_TIMEOUT_MS,
    gatewaySecret: config.GATEWAY_SECRET,
    logger,
  });

  disableVendorTelemetry();
  let isStopping = false;
  const executor = createStockExecutor({ logger });
  const gateway = createGatewayInterface({ execute: (request) => executor(gateway.current()!, request) });
  const source = createSupergraphSource({
    file: config.SUPERGRAPH_FILE ?? ownSupergraph,
    pollMs: config.SUPERGRAPH_POLL_MS,
    take(supergraphSdl) {
      const generation = createGeneration(supergraphSdl, subgraphs.of);
      gateway.serve(generation);
      operations
        .load(generation)
        .catch((err: unknown) => logger.error({ err }, 'a new supergraph could not be gone over to'));
    },
    logger,
  });
  const apollo = createApolloServer({ gateway, introspection: config.EXPLORER, logger });
  const pages = config.EXPLORER ? await createPageRoutes(path) : undefined;

  const connections = createUpstreamConnections({
    gatewaySecret: config.GATEWAY_SECRET,
    connections: config.UPSTREAM_CONNECTIONS,
  });
  const streamMetrics = createStreamMetrics(metrics);
  const unsafe = createUnsafeFields();
  const hub = createStreamHub({ connections, unsafe, metrics: streamMetrics, logger });
  const operations = createClientOperations({
    documents: createValidDocuments(),
    hub,
    execute: (request, context) => executeOperation(apollo, request, context),
    reloadMs: config.RELOAD_SPREAD_MS,
    unsafe,
    metrics: streamMetrics,
    logger,
  });
  const sessions = createSessionWatch({ endedSessions });
  const clientMetrics = createClientMetrics(metrics);
  const limits = createClientLimits({
    connectionsPerClient: config.SOCKETS_PER_CLIENT,
    operationsPerConnection: config.OPERATIONS_PER_SOCKET,
    operationsPerSecond: config.OPERATIONS_PER_SECOND,
  });
  const backlogs = createBacklogs({
    limitBytes: config.SLOW_CLIENT_BYTES,
    limitMs: config.SLOW_CLIENT_MS,
    metrics: clientMetrics,
  });
  const streams = createHttpStreams({
    operations,
    answerAtOnce,
    watch: sessions.watch,
    backlogs,
    metrics: clientMetrics,
    limits,
    clientOf: (request, caller) => clientKey(caller, addressOf(request, config.TRUSTED_PROXIES)),
    bodyLimitBytes: config.BODY_LIMIT_BYTES,
    logger,
  });

  function answerAtOnce(exchange: Exchange, body: Body | undefined, context: GatewayContext): Promise<void> {
    return answerGraphql({
      ...exchange,
      apollo,
      body,
      bodyLimitBytes: config.BODY_LIMIT_BYTES,
      context: async () => context,
    });
  }

  async function graphql(request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> {
    if (await corsPolicy.apply(request, response)) return;
    if (pages?.isPageRequest(request)) return pages.landingPage(response);
    const correlationId = acceptCorrelationId(request.headers[correlationHeader]);
    response.setHeader(correlationHeader, correlationId);
    await withCorrelation(correlationId, async () => {
      const { authorization, 'user-agent': userAgent } = request.headers;
      const caller = await verifier
        .verify(authorization)
        .catch((error: unknown) => ({ refusal: formatError(error, logger) }));
      if ('refusal' in caller) return sendRefusal(response, caller.refusal);
      const context: GatewayContext = { caller, authorization, correlationId, userAgent, tick: undefined };
      if (streams.handles(request)) return streams.answer({ request, response, url }, context);
      await answerAtOnce({ request, response, url }, undefined, context);
    });
  }

  const http = createHttpServer({
    host: config.HOST,
    port: config.PORT,
    metrics,
    // What a client does not take in waits in the backlog, where clients share it, and not in each socket.
    socketBufferBytes: 16_384,
    checks: {
      supergraph: async () => {
        if (!gateway.current()) throw new Error('no supergraph is loaded');
      },
      // It still answers, while its clients are asked to go: nobody new should be sent here.
      running: async () => {
        if (isStopping) throw new Error('the gateway is stopping');
      },
    },
    routes: { [path]: graphql },
    fallback: (request, response, url) => {
      if (pages?.graphiql(request, response, url.pathname)) return;
      if (pages && url.pathname === '/') return void response.writeHead(302, { location: path }).end();
      sendJson(response, 404, { error: `GraphQL is at ${path}` });
    },
    onError: (err) => logger.error({ err }, 'request failed'),
  });
  const sockets = serveWebSockets({
    server: http.server,
    path,
    operations,
    verifier,
    sessions,
    backlogs,
    limits,
    metrics: clientMetrics,
    logger,
    messageLimitBytes: config.SOCKET_MESSAGE_LIMIT_BYTES,
    initTimeoutMs: config.CONNECTION_INIT_TIMEOUT_MS,
    slowClientMs: config.SLOW_CLIENT_MS,
    trustedProxies: config.TRUSTED_PROXIES,
  });

  return {
    logger,
    async start() {
      // Not waited for: without Redis the gateway serves as well.
      endedSessions.start();
      await source.start();
      await apollo.start();
      return http.listen();
    },
    async stop() {
      isStopping = true;
      const deadline = performance.now() + config.SHUTDOWN_TIMEOUT_MS - afterClientsMs;
      const leftMs = () => Math.max(0, deadline - performance.now());
      const asked = [sockets.close(config.SHUTDOWN_SPREAD_MS), streams.close(config.SHUTDOWN_SPREAD_MS)];
      await Promise.race([Promise.all(asked), wait(leftMs(), undefined, { ref: false })]);
      hub.close();
      sessions.close();
      // Who is still there when the time is over is cut, over whatever transport.
      await http.close(leftMs());
      await connections.close();
      await source.close();
      await apollo.stop();
      await subgraphs.close();
      await endedSessions.close();
      if (redis) closeRedis(redis);
    },
  };
}
