import type { IncomingMessage, Server } from 'node:http';
import type { GraphQLSchema } from 'graphql';
import type { Disposable } from 'graphql-ws';
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
 * @param options.admit refuses a connection (close code 4403) by its connection parameters or upgrade request
 * @param options.createContext makes the context of one operation
 */
export function serveGraphqlSocket<Context>(options: {
  server: Server;
  path: string;
  schema: GraphQLSchema;
  logger: Logger;
  admit: (parameters: ConnectionParameters, request: IncomingMessage) => boolean;
  createContext: (parameters: ConnectionParameters, request: IncomingMessage) => Promise<Context>;
}): { close(): Promise<void> } {
  const { logger } = options;
  const sockets = new WebSocketServer({
    server: options.server,
    path: options.path,
    perMessageDeflate: false,
    maxPayload: 1_048_576,
  });
  sockets.on('error', (err) => logger.error({ err }, 'WebSocket server failed'));
  const protocol = useServer(
    {
      schema: options.schema,
      subscribe: (args) => subscribeWithTicks(args),
      connectionInitWaitTimeout: 5_000,
      onConnect: ({ connectionParams, extra }) => options.admit(connectionParams ?? {}, extra.request),
      context: ({ connectionParams, extra }) => options.createContext(connectionParams ?? {}, extra.request),
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
