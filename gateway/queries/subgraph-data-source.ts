import type { GraphQLDataSource } from '@apollo/gateway/dist/datasources/types.js';
import type { GatewayGraphQLResponse } from '@apollo/server-gateway-interface';
import { Pool } from 'undici';
import { correlationHeader } from '#shared/correlation.ts';
import type { Logger } from '#shared/logger.ts';
import { gatewaySecretHeader } from '#shared/subgraph-server.ts';
import { formatTickReference, tickHeader } from '#shared/ticks/tick-reference.ts';
import type { GatewayContext } from '../gateway-context.ts';

export type SubgraphDataSource = GraphQLDataSource<GatewayContext> & { close(): Promise<void> };

/**
 * Asks one subgraph over a pool of kept-alive HTTP/1.1 connections. A subgraph that cannot be reached, answers too late or
 * answers with something else than GraphQL costs its own fields only: it is reported as an error of the fetch
 * (`SUBGRAPH_UNAVAILABLE`, `DEADLINE_EXCEEDED`), never thrown.
 */
export function createSubgraphDataSource(options: {
  name: string;
  url: string;
  connections: number;
  timeoutMs: number;
  gatewaySecret: string | undefined;
  logger: Logger;
}): SubgraphDataSource {
  const { name, timeoutMs, gatewaySecret, logger } = options;
  const url = new URL(options.url);
  const pool = new Pool(url.origin, { connections: options.connections, pipelining: 1, keepAliveTimeout: 30_000 });
  return {
    async process({ request, context }) {
      const { authorization, correlationId, userAgent, tick } = context as Partial<GatewayContext>;
      try {
        const response = await pool.request({
          path: url.pathname + url.search,
          method: 'POST',
          headers: {
            'content-type': 'application/json',
            accept: 'application/graphql-response+json, application/json',
            ...(authorization && { authorization }),
            ...(userAgent && { 'user-agent': userAgent }),
            ...(correlationId && { [correlationHeader]: correlationId }),
            ...(tick && { [tickHeader]: formatTickReference(tick) }),
            ...(gatewaySecret && { [gatewaySecretHeader]: gatewaySecret }),
          },
          body: JSON.stringify({
            query: request.query,
            operationName: request.operationName,
            variables: request.variables,
          }),
          headersTimeout: timeoutMs,
          bodyTimeout: timeoutMs,
          signal: AbortSignal.timeout(timeoutMs),
        });
        return readAnswer(await response.body.json());
      } catch (err) {
        logger.warn({ err, subgraph: name }, 'a subgraph did not answer');
        return unavailable(isTimeout(err));
      }
    },
    close: () => pool.destroy(),
  };
}

function readAnswer(body: unknown): GatewayGraphQLResponse {
  if (typeof body !== 'object' || body === null || !('data' in body || 'errors' in body))
    throw new TypeError('the answer is not GraphQL');
  return body as GatewayGraphQLResponse;
}

function unavailable(isLate: boolean): GatewayGraphQLResponse {
  const [code, message] = isLate
    ? ['DEADLINE_EXCEEDED', 'Part of the data was not available in time']
    : ['SUBGRAPH_UNAVAILABLE', 'Part of the data is not available at the moment'];
  // An empty path is put behind the path of the fetch, so that the client sees what is missing.
  return { data: null, errors: [{ message, path: [], extensions: { code, retryable: true } }] };
}

function isTimeout(err: unknown): boolean {
  return err instanceof Error && ['TimeoutError', 'HeadersTimeoutError', 'BodyTimeoutError'].includes(err.name);
}
