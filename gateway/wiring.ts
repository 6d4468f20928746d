import { readFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { ApolloGateway } from '@apollo/gateway';
import { acceptCorrelationId, correlationHeader, withCorrelation } from '#shared/correlation.ts';
import { formatError } from '#shared/error-format.ts';
import { answerGraphql, sendRefusal } from '#shared/graphql-http.ts';
import { createHttpServer, sendJson } from '#shared/http-server.ts';
import { createLogger } from '#shared/logger.ts';
import { createMetrics } from '#shared/metrics.ts';
import type { WiredProcess } from '#shared/run-process.ts';
import { createTokenVerifier } from '#shared/token-verifier.ts';
import { disableVendorTelemetry, type Config } from './config.ts';
import { createCorsPolicy } from './cors-policy.ts';
import { createPageRoutes } from './pages/page-routes.ts';
import { createApolloServer, executeOperation } from './queries/apollo-server.ts';
import { createSubgraphs } from './queries/subgraphs.ts';
import { serveGraphqlWs } from './subscriptions/graphql-ws-transport.ts';
import { prepareSubscription, runSubscription } from './subscriptions/run-subscription.ts';
import { createSubscriptionPlanner, type SubscriptionPlanner } from './subscriptions/subscription-plan.ts';
import { createUpstreamConnections } from './subscriptions/upstream-connections.ts';
import { createGeneration, type Generation } from './supergraph/generation.ts';
import { createValidDocuments } from './valid-documents.ts';

const path = '/graphql';
const ownSupergraph = new URL('supergraph.graphql', import.meta.url);

/** Builds the gateway from its settings; nothing else constructs anything. */
export async function wire(config: Config): Promise<WiredProcess> {
  const logger = createLogger({ service: 'gateway', level: config.LOG_LEVEL });
  const metrics = createMetrics('gateway');
  const verifier = createTokenVerifier({ jwksUrl: config.AUTH_JWKS_URL, issuer: config.AUTH_ISSUER });
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
  let current: { generation: Generation; planner: SubscriptionPlanner } | undefined;
  const gateway = new ApolloGateway({
    supergraphSdl: await readFile(config.SUPERGRAPH_FILE ?? ownSupergraph, 'utf8'),
    buildService: ({ name, url }) => subgraphs.of({ name, url }).dataSource,
    logger,
  });
  gateway.onSchemaLoadOrUpdate(({ apiSchema, coreSupergraphSdl }) => {
    const generation = createGeneration(coreSupergraphSdl, apiSchema, subgraphs.of);
    current = { generation, planner: createSubscriptionPlanner(generation) };
  });
  const apollo = createApolloServer({ gateway, introspection: config.EXPLORER, logger });
  const pages = config.EXPLORER ? await createPageRoutes(path) : undefined;
  const connections = createUpstreamConnections({ gatewaySecret: config.GATEWAY_SECRET });

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
      await answerGraphql({
        apollo,
        request,
        response,
        url,
        bodyLimitBytes: config.BODY_LIMIT_BYTES,
        context: async () => ({ caller, authorization, correlationId, userAgent, tick: undefined }),
      });
    });
  }

  const http = createHttpServer({
    host: config.HOST,
    port: config.PORT,
    metrics,
    checks: {
      supergraph: async () => {
        if (!current) throw new Error('no supergraph is loaded');
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
  const socket = serveGraphqlWs({
    server: http.server,
    path,
    messageLimitBytes: config.SOCKET_MESSAGE_LIMIT_BYTES,
    generation: () => current!.generation,
    documents: createValidDocuments(),
    verifier,
    prepareSubscription: (request) => prepareSubscription(current!.planner, request),
    runSubscription: (prepared) => runSubscription(prepared, { connections, logger }),
    execute: (payload, context) => executeOperation(apollo, payload, context),
    logger,
    metrics,
  });

  return {
    logger,
    async start() {
      await apollo.start();
      return http.listen();
    },
    async stop() {
      await socket.close();
      await http.close();
      await connections.close();
      await apollo.stop();
      await subgraphs.close();
    },
  };
}
