import type { IncomingMessage, Server } from 'node:http';
import type { GraphQLSchema } from 'graphql';
import { CloseCode, type Disposable } from 'graphql-ws';
import { useServer } from 'graphql-ws/use/ws';
import { WebSocketServer } from 'ws';
import { clientError } from './error-format.ts';
import type { Logger } from './logger.ts';
import { subscribeWithTicks } from './subscribe-with-ticks.ts';

/** Milliseconds that clients have to answer a close before their sockets are cut. */
const closeGraceMs = 2_000;

export type ConnectionParameters = Record<string, unknown>;

/**
 * Serves subscriptions by the graphql-transport-ws protocol on `path` of an HTTP server.
 * @param options.identify says who speaks on a connection, from its parameters and upgrade request; what it throws closes
 *   the connection with 4403 and the error's code as the reason
 * @param options.createContext makes the context of one operation of that caller
 */
export function serveGraphqlSocket<Identity, Context>(options: {
  server: Server;
  path: string;
  schema: GraphQLSchema;
  logger: Logger;
  identify: (parameters: ConnectionParameters, request: IncomingMessage) => Promise<Identity>;
  createContext: (identity: Identity, parameters: ConnectionParameters, request: IncomingMessage) => Context;
}): { close(): Promise<void> } {
  const { logger } = options;
  const sockets = new WebSocketServer({
    server: options.server,
    path: options.path,
    perMessageDeflate: false,
    maxPayload: 1_048_576,
  });
  sockets.on('error', (err) => logger.error({ err }, 'WebSocket server failed'));
  const identities = new WeakMap<object, Identity>();
  const protocol = useServer(
    {
      schema: options.schema,
      subscribe: (args) => subscribeWithTicks(args),
      connectionInitWaitTimeout: 5_000,
      onConnect: async ({ connectionParams, extra }) => {
        try {
          identities.set(extra.socket, await options.identify(connectionParams ?? {}, extra.request));
          return true;
        } catch (error) {
          const { code } = clientError(error, logger).extensions;
          extra.socket.close(CloseCode.Forbidden, String(code));
          return false;
        }
      },
      context: ({ connectionParams, extra }) =>
        options.createContext(identities.get(extra.socket)!, connectionParams ?? {}, extra.request),
      onNext: (_context, _id, _payload, _args, result) =>
        result.errors ? { ...result, errors: result.errors.map((error) => clientError(error, logger)) } : undefined,
      onError: (_context, _id, _payload, errors) => errors.map((error) => clientError(error, logger)),
    },
    sockets,
    10_000,
  );
  return {
    close: () => closeSockets(sockets, protocol),
  };
}

/**
 * Closes every socket with 1001, which clients retry: they find another process, or this one started anew. Sockets whose
 * clients do not answer are cut after two seconds.
 */
export async function closeSockets(sockets: WebSocketServer, protocol: Disposable): Promise<void> {
  const timer = setTimeout(() => sockets.clients.forEach((socket) => socket.terminate()), closeGraceMs);
  await protocol.dispose();
  clearTimeout(timer);
}
