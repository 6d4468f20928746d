import type { ServerResponse } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import { anonymous } from '#shared/caller.ts';
import { acceptCorrelationId, correlationHeader, withCorrelation } from '#shared/correlation.ts';
import { formatError } from '#shared/error-format.ts';
import { sendRefusal } from '#shared/graphql-http.ts';
import { createHttpServer, sendJson } from '#shared/http-server.ts';
import { createLogger } from '#shared/logger.ts';
import { createMetrics } from '#shared/metrics.ts';
import { closeRedis, createRedis } from '#shared/redis.ts';
import type { WiredProcess } from '#shared/run-process.ts';
import { createTokenVerifier } from '#shared/token-verifier.ts';
import { acceptTrace } from '#shared/trace-context.ts';
import type { WholeRequest } from '#shared/whole-request.ts';
import { disableVendorTelemetry, type Config } from './config.ts';
import { createCorsPolicy } from './cors-policy.ts';
import { inContext, type GatewayContext } from './gateway-context.ts';
import { metricsOfAll } from './cluster/cluster-metrics.ts';
import { createSecurityHeaders } from './http/security-headers.ts';
import { createPageRoutes } from './pages/page-routes.ts';
import { createCallerVerifier } from './security/caller-verifier.ts';
import { createEndedSessions } from './security/ended-sessions.ts';
import { createSessionWatch } from './security/session-watch.ts';
import { createBacklogs } from './subscriptions/transports/backlog.ts';
import { addressOf, clientKey } from './security/client-address.ts';
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
import { watchFile } from './watched-file.ts';
import { executionResult } from './queries/serve-operation.ts';
import { wireQueries } from './wire-queries.ts';

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
  disableVendorTelemetry();
  let isStopping = false;
  const security = createSecurityHeaders({ strictTransportSeconds: config.STRICT_TRANSPORT_SECONDS });
  const queries = wireQueries({ config, redis, cors: corsPolicy, security, metrics, logger });
  const source = watchFile({
    what: 'supergraph',
    file: config.SUPERGRAPH_FILE ?? ownSupergraph,
    pollMs: config.SUPERGRAPH_POLL_MS,
    take(supergraphSdl) {
      const generation = queries.read(supergraphSdl);
      queries.serveGeneration(generation);
      operations
        .load(generation)
        .catch((err: unknown) => logger.error({ err }, 'a new supergraph could not be gone over to'));
    },
    logger,
  });
  const pages = config.EXPLORER ? await createPageRoutes(path) : undefined;

  const connections = createUpstreamConnections({
    gatewaySecret: config.GATEWAY_SECRET,
    connections: config.UPSTREAM_CONNECTIONS,
  });
  const streamMetrics = createStreamMetrics(metrics);
  const unsafe = createUnsafeFields();
  const hub = createStreamHub({ connections, unsafe, metrics: streamMetrics, logger });
  const operations = createClientOperations({
    requested: queries.requested,
    operations: queries.operations,
    admission: queries.admission,
    hub,
    execute: async (known, variables, context) =>
      executionResult(await queries.serve(known, variables ?? undefined, { ...context, deadline: deadline() })),
    accessRefusal: config.ACCESS_REFUSAL,
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
    answerAtOnce: (exchange, body, context) => queries.answer(exchange, context, body),
    watch: sessions.watch,
    backlogs,
    metrics: clientMetrics,
    limits,
    budgetOf: queries.admission.budgetOf,
    bodyLimitBytes: config.BODY_LIMIT_BYTES,
    logger,
  });

  const deadline = () => performance.now() + config.REQUEST_TIMEOUT_MS;

  /** Who asks, and what goes with the request; `undefined` for whom that cannot be found out, and who has been told. */
  async function contextOf(exchange: Exchange): Promise<GatewayContext | undefined> {
    const { request, response } = exchange;
    const { authorization, 'user-agent': userAgent } = request.headers;
    const correlationId = acceptCorrelationId(request.headers[correlationHeader]);
    const { traceparent, tracestate } = acceptTrace(request.headers.traceparent, request.headers.tracestate);
    const caller = authorization === undefined ? anonymous : await identify(authorization, correlationId);
    const address = addressOf(request, config.TRUSTED_PROXIES);
    if ('refusal' in caller) {
      applyHeaders(exchange, correlationId);
      const [refusal = caller.refusal] = queries.admission.spend(clientKey(anonymous, address))?.errors ?? [];
      sendRefusal(response, refusal);
      return undefined;
    }
    return {
      caller,
      client: clientKey(caller, address),
      authorization,
      correlationId,
      userAgent,
      tick: undefined,
      traceparent,
      tracestate,
      deadline: deadline(),
      freshness: undefined,
    };
  }

  function identify(authorization: string, correlationId: string) {
    const refused = (error: unknown) => ({ refusal: withCorrelation(correlationId, () => formatError(error, logger)) });
    return verifier.verify(authorization).catch(refused);
  }

  /** Sets what every answer has, where it is not written in one piece. */
  function applyHeaders({ request, response }: Exchange, correlationId: string): void {
    corsPolicy.apply(request, response);
    security.apply(response);
    response.setHeader(correlationHeader, correlationId);
  }

  /** What nobody has foreseen is answered as GraphQL all the same, where there is somebody to answer yet. */
  function masked(exchange: Exchange, context: GatewayContext) {
    return (error: unknown) => {
      const { response } = exchange;
      if (response.headersSent || response.destroyed) throw error;
      applyHeaders(exchange, context.correlationId);
      sendJson(response, 500, { errors: [inContext(context, () => formatError(error, logger))] });
    };
  }

  async function graphql(request: WholeRequest, response: ServerResponse, url: URL): Promise<void> {
    if (corsPolicy.answerPreflight(request, response)) return;
    if (pages?.isPageRequest(request)) return pages.landingPage(response);
    const exchange = { request, response, url };
    const context = await contextOf(exchange);
    if (!context) return;
    if (!streams.handles(request)) return queries.answer(exchange, context).catch(masked(exchange, context));
    applyHeaders(exchange, context.correlationId);
    await inContext(context, () => streams.answer(exchange, context));
  }

  async function rest(request: WholeRequest, response: ServerResponse, url: URL): Promise<void> {
    if (corsPolicy.answerPreflight(request, response)) return;
    const exchange = { request, response, url };
    const context = await contextOf(exchange);
    if (!context) return;
    applyHeaders(exchange, context.correlationId);
    await inContext(context, () => queries.rest.answer(exchange, context));
  }

  const http = createHttpServer({
    host: config.HOST,
    port: config.PORT,
    metrics: metricsOfAll(metrics),
    // What a client does not take in waits in the backlog, where clients share it, and not in each socket.
    socketBufferBytes: 16_384,
    checks: {
      supergraph: async () => {
        if (!queries.current()) throw new Error('no supergraph is loaded');
      },
      // It still answers, while its clients are asked to go: nobody new should be sent here.
      running: async () => {
        if (isStopping) throw new Error('the gateway is stopping');
      },
    },
    routes: { [path]: graphql },
    fallback: (request, response, url) => {
      if (queries.rest.handles(url)) return rest(request, response, url);
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
      await queries.start();
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
      await queries.stop();
      await endedSessions.close();
      if (redis) closeRedis(redis);
    },
  };
}
