import type { Server } from 'node:http';
import { GraphQLError, OperationTypeNode, type DocumentNode, type ExecutionResult } from 'graphql';
import type { SubscribePayload } from 'graphql-ws';
import { useServer, type Extra } from 'graphql-ws/use/ws';
import { WebSocketServer } from 'ws';
import { acceptCorrelationId, correlationHeader, withCorrelation } from '#shared/correlation.ts';
import { clientError } from '#shared/error-format.ts';
import { closeSockets } from '#shared/graphql-socket.ts';
import type { Logger } from '#shared/logger.ts';
import { gauge, type Registry } from '#shared/metrics.ts';
import type { TokenVerifier } from '#shared/token-verifier.ts';
import type { GatewayContext } from '../gateway-context.ts';
import type { Generation } from '../supergraph/generation.ts';
import type { ValidDocuments, ValidOperation } from '../valid-documents.ts';
import type { PreparedSubscription } from './run-subscription.ts';
import { UpstreamRefusal } from './upstream-stream.ts';

/** An operation that has passed every check, ready to be started. */
type Prepared = {
  document: DocumentNode;
  run: () => Promise<ExecutionResult> | AsyncIterableIterator<ExecutionResult>;
};
type SocketState = Extra & { context?: GatewayContext };

/**
 * Serves the graphql-transport-ws protocol on `path`. `connection_init` may carry `authorization`, written as the HTTP
 * header is; a token that does not verify closes the socket with 4403, on which clients come back with a better one. An
 * operation that is wrong is answered alone, with an `error` message; the socket stays.
 */
export function serveGraphqlWs(options: {
  server: Server;
  path: string;
  messageLimitBytes: number;
  generation: () => Generation;
  documents: ValidDocuments;
  verifier: TokenVerifier;
  prepareSubscription: (
    operation: ValidOperation & { variables: Record<string, unknown>; context: GatewayContext },
  ) => PreparedSubscription;
  runSubscription: (prepared: PreparedSubscription) => AsyncIterableIterator<ExecutionResult>;
  /** Executes a query or mutation that is sent over the socket. */
  execute: (payload: SubscribePayload, context: GatewayContext) => Promise<ExecutionResult>;
  logger: Logger;
  metrics: Registry;
}): { close(): Promise<void> } {
  const { logger } = options;
  const { server, path, messageLimitBytes: maxPayload } = options;
  const sockets = new WebSocketServer({ server, path, perMessageDeflate: false, maxPayload });
  sockets.on('error', (err) => logger.error({ err }, 'WebSocket server failed'));
  gauge(options.metrics, 'gold_gateway_sockets', 'WebSocket connections that are open', {
    collect: (open) => open.set(sockets.clients.size),
  });

  function prepare(payload: SubscribePayload, context: GatewayContext): Prepared | GraphQLError[] {
    const valid = options.documents.read(options.generation(), payload.query, payload.operationName);
    if (Array.isArray(valid)) return valid;
    const { document, operation } = valid;
    if (operation.operation !== OperationTypeNode.SUBSCRIPTION)
      return { document, run: () => options.execute(payload, context) };
    try {
      const prepared = options.prepareSubscription({ ...valid, variables: payload.variables ?? {}, context });
      return { document, run: () => options.runSubscription(prepared) };
    } catch (error) {
      return [clientError(error, logger)];
    }
  }

  const protocol = useServer<Record<string, unknown>, { context?: GatewayContext }>(
    {
      connectionInitWaitTimeout: 10_000,
      onConnect: async ({ connectionParams = {}, extra }) => {
        const authorization = authorizationOf(connectionParams);
        const caller = await options.verifier.verify(authorization).catch(() => undefined);
        if (!caller) return false;
        const correlationId = acceptCorrelationId(connectionParams[correlationHeader]);
        const userAgent = extra.request.headers['user-agent'];
        (extra as SocketState).context = { caller, authorization, correlationId, userAgent, tick: undefined };
        return true;
      },
      // Operations are checked, planned and run by the gateway; graphql-ws speaks the protocol.
      onSubscribe: ({ extra }, _id, payload) => {
        const context = (extra as SocketState).context!;
        const prepared = withCorrelation(context.correlationId, () => prepare(payload, context));
        if (Array.isArray(prepared)) return prepared;
        const { apiSchema: schema } = options.generation();
        return { schema, document: prepared.document, operationName: payload.operationName, contextValue: prepared };
      },
      execute: ({ contextValue }) => (contextValue as Prepared).run(),
      subscribe: ({ contextValue }) => (contextValue as Prepared).run(),
      onError: (_context, _id, _payload, errors) => errors.flatMap((error) => forClient(error, logger)),
    },
    sockets,
    12_000,
  );
  return {
    close: () => closeSockets(sockets, protocol),
  };
}

function authorizationOf(parameters: Record<string, unknown>): string | undefined {
  const value = parameters.authorization ?? parameters.Authorization;
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** Errors that `prepare` returned are made for the client already; what is thrown while an operation runs is not. */
function forClient(error: GraphQLError, logger: Logger): GraphQLError[] {
  const thrown = error.originalError;
  if (!thrown) return [error];
  if (!(thrown instanceof UpstreamRefusal)) return [clientError(thrown, logger)];
  return thrown.errors.map(({ message, path, extensions }) => new GraphQLError(message, { path, extensions }));
}
