import { readFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { ApolloServer } from '@apollo/server';
import {
  ApolloServerPluginInlineTraceDisabled,
  ApolloServerPluginLandingPageDisabled,
} from '@apollo/server/plugin/disabled';
import { buildSubgraphSchema } from '@apollo/subgraph';
import { parse, type GraphQLSchema } from 'graphql';
import { acceptCorrelationId, correlationHeader, withCorrelation } from './correlation.ts';
import { acceptTimeout, createDeadline, timeoutHeader, withDeadline } from './deadline.ts';
import { formatError } from './error-format.ts';
import { DomainError } from './errors.ts';
import { createSecretCheck } from './gateway-secret.ts';
import { answerGraphql, sendRefusal } from './graphql-http.ts';
import { serveGraphqlSocket } from './graphql-socket.ts';
import type { ReadinessCheck } from './health.ts';
import { createHttpServer, sendJson, type Route } from './http-server.ts';
import type { Logger } from './logger.ts';
import type { Registry } from './metrics.ts';
import type { RequestContext } from './request-context.ts';
import { parseTickReference, tickHeader } from './ticks/tick-reference.ts';
import { createTokenVerifier, type TokenVerifier } from './token-verifier.ts';
import { traceIdOf, traceparentHeader } from './trace-context.ts';

/** The settings that a subgraph's server is made from; see service-settings.ts. */
export type SubgraphServerConfig = {
  HOST: string;
  PORT: number;
  AUTH_JWKS_URL?: string | undefined;
  AUTH_ISSUER: string;
  /** One secret of the gateway's, or each of those that it may send; without any, everybody may ask. */
  GATEWAY_SECRET?: string | readonly string[] | undefined;
};

export type SubgraphServer = { listen(): Promise<number>; close(): Promise<void> };

/** The HTTP header, and the field of connection parameters, that carries the secret which only the gateway knows. */
export const gatewaySecretHeader = 'x-gateway-secret';

const path = '/graphql';
/** The gateway sends representations of many entities at once; what clients send is limited at the gateway. */
const bodyLimitBytes = 4 * 1_048_576;

/** A subgraph's schema from its schema.graphql and resolvers, whose type codegen has made from the same file. */
export function readSubgraphSchema(file: URL, resolvers: object): GraphQLSchema {
  return buildSubgraphSchema([{ typeDefs: parse(readFileSync(file, 'utf8')), resolvers: { ...resolvers } }]);
}

/**
 * One subgraph on one port: GraphQL over HTTP and over WebSocket at `/graphql`, health and metrics beside it.
 * Every request is verified here again: the gateway's secret where one is set, and the caller's token.
 */
export function createSubgraphServer<Context extends RequestContext>(options: {
  schema: GraphQLSchema;
  config: SubgraphServerConfig;
  logger: Logger;
  metrics: Registry;
  checks: Record<string, ReadinessCheck>;
  /** Verifies access tokens in place of the configured JWKS. */
  verifier?: TokenVerifier;
  createContext: (base: RequestContext) => Context;
  /** Further paths, such as the public keys; open to everybody. */
  routes?: Record<string, Route>;
}): SubgraphServer {
  const { logger, config } = options;
  const isFromGateway = createSecretCheck(config.GATEWAY_SECRET);
  const verifier =
    options.verifier ?? createTokenVerifier({ jwksUrl: config.AUTH_JWKS_URL, issuer: config.AUTH_ISSUER });
  const identify = (authorization: string | undefined) =>
    verifier.verify(authorization).catch((error: unknown) => ({ refusal: formatError(error, logger) }));
  const apollo = new ApolloServer<Context>({
    schema: options.schema,
    introspection: true,
    includeStacktraceInErrorResponses: false,
    formatError: (_formatted, error) => formatError(error, logger),
    plugins: [ApolloServerPluginLandingPageDisabled(), ApolloServerPluginInlineTraceDisabled()],
    logger,
    stopOnTerminationSignals: false,
  });
  const http = createHttpServer({
    host: config.HOST,
    port: config.PORT,
    metrics: options.metrics,
    checks: options.checks,
    onError: (err) => logger.error({ err }, 'request failed'),
    routes: {
      ...options.routes,
      [path]: (request, response, url) => {
        if (!isFromGateway(request.headers[gatewaySecretHeader])) {
          return sendJson(response, 403, {
            errors: [{ message: 'Only the gateway may ask', extensions: { code: 'FORBIDDEN' } }],
          });
        }
        const correlationId = acceptCorrelationId(request.headers[correlationHeader]);
        const handle = async () => {
          const tick = parseTickReference(request.headers[tickHeader]);
          const caller = await identify(request.headers.authorization);
          if ('refusal' in caller) return sendRefusal(response, caller.refusal);
          const context = options.createContext({ caller, correlationId, userAgent: userAgentOf(request), tick });
          const exchange = { apollo, request, response, url, bodyLimitBytes, context: async () => context };
          const timeoutMs = acceptTimeout(request.headers[timeoutHeader]);
          if (timeoutMs === undefined) return answerGraphql(exchange);
          const deadline = createDeadline(timeoutMs);
          deadline.onPassed(() => logger.warn({ timeoutMs }, 'a request is not done in time'));
          await withDeadline(deadline, () => answerGraphql({ ...exchange, deadline })).finally(deadline.end);
        };
        return withCorrelation(correlationId, handle, traceIdOf(request.headers[traceparentHeader]));
      },
    },
  });
  const socket = serveGraphqlSocket({
    server: http.server,
    path,
    schema: options.schema,
    logger,
    identify: async (parameters, request) => {
      const secret = parameters[gatewaySecretHeader] ?? request.headers[gatewaySecretHeader];
      if (!isFromGateway(secret)) throw new DomainError('FORBIDDEN', 'Only the gateway may ask');
      const { authorization } = parameters;
      return verifier.verify(typeof authorization === 'string' ? authorization : undefined);
    },
    createContext: (caller, parameters, request) =>
      options.createContext({
        caller,
        correlationId: acceptCorrelationId(parameters[correlationHeader]),
        userAgent: userAgentOf(request),
        tick: undefined,
      }),
  });
  let isStarted = false;
  return {
    async listen() {
      await apollo.start();
      isStarted = true;
      return http.listen();
    },
    async close() {
      await socket.close();
      await http.close();
      // Apollo Server refuses to be stopped before it was started.
      if (isStarted) await apollo.stop();
    },
  };
}

function userAgentOf(request: IncomingMessage): string | undefined {
  return request.headers['user-agent']?.slice(0, 300);
}
