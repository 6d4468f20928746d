import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type WebSocket } from 'ws';
import type { Logger } from '#shared/logger.ts';
import type { TokenVerifier } from '#shared/token-verifier.ts';
import type { SessionWatch } from '../../security/session-watch.ts';
import type { Backlogs } from './backlog.ts';
import { addressOf, clientKey } from '../../security/client-address.ts';
import { tooManyConnections, type ClientLimits } from './client-limits.ts';
import type { ClientOperations } from '../client-operations.ts';
import { retire, retireClients } from './retire-websockets.ts';
import type { ClientMetrics } from './client-metrics.ts';
import { hold } from './websocket-hold.ts';
import { hangUp, letGo, type WebSocketClient } from './websocket-client.ts';
import { createSocketIdentity } from './websocket-identity.ts';
import { createKeepAlive } from './websocket-keep-alive.ts';
import { createSocketOperations } from './websocket-operations.ts';
import { closings, readClientMessage, subprotocol, type ClientMessage } from './websocket-protocol.ts';
import { notHere, pathOf, refuseUpgrade, shuttingDown } from './websocket-upgrades.ts';

export type WebSocketOptions = {
  server: Server;
  path: string;
  operations: ClientOperations;
  verifier: TokenVerifier;
  sessions: Pick<SessionWatch, 'watch'>;
  backlogs: Backlogs;
  limits: ClientLimits;
  metrics: ClientMetrics;
  logger: Logger;
  /** Bytes of a message of a client; a longer one closes the socket with 1009. */
  messageLimitBytes: number;
  initTimeoutMs: number;
  /** How long a client may leave a ping unanswered that it has no room for. */
  slowClientMs: number;
  trustedProxies: number;
  /** Each client is pinged once in so many milliseconds. */
  keepAliveMs?: number;
};

export type WebSockets = {
  /** Accepts no more clients and tells those that are there to come back (1001), spread over so many milliseconds. */
  close(spreadMs: number): Promise<void>;
};

/**
 * Serves the graphql-transport-ws protocol on `path` of an HTTP server, in the project's own words: what is written to
 * thousands of sockets are the same bytes. `connection_init` may carry `authorization`, written as the HTTP header is, and a
 * correlation id. Cookies are not read, so a page of another origin can do nothing here that its own server could not.
 */
export function serveWebSockets(options: WebSocketOptions): WebSockets {
  const { server, limits, metrics, logger } = options;
  const identity = createSocketIdentity(options);
  const operations = createSocketOperations(options);
  const keepAlive = createKeepAlive({ intervalMs: options.keepAliveMs ?? 12_000, blockedMs: options.slowClientMs });
  const clients = new Set<WebSocketClient>();
  let isClosing = false;
  const handshakes = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    skipUTF8Validation: true,
    maxPayload: options.messageLimitBytes,
    handleProtocols: (offered) => offered.has(subprotocol) && subprotocol,
  });

  server.on('upgrade', (request: IncomingMessage, connection: Duplex, head: Buffer) => {
    if (isClosing) return refuseUpgrade(connection, shuttingDown);
    if (pathOf(request) !== options.path) return refuseUpgrade(connection, notHere(options.path));
    const address = addressOf(request, options.trustedProxies);
    const release = limits.admit(clientKey({ kind: 'anonymous' }, address));
    if (!release) return refuseUpgrade(connection, tooManyConnections());
    // Before there is a WebSocket, or where its handshake fails, this is all that tells of the end.
    connection.once('close', release);
    handshakes.handleUpgrade(request, connection, head, (socket) => {
      connection.off('close', release);
      accept(socket, connection, { address, userAgent: request.headers['user-agent'], release });
    });
  });

  function accept(
    socket: WebSocket,
    connection: Duplex,
    from: { address: string; userAgent: string | undefined; release: () => void },
  ): void {
    const { address, userAgent, release } = from;
    const client: WebSocketClient = {
      address,
      userAgent,
      release,
      socket,
      connection,
      backlog: options.backlogs.open(connection, () => hangUp(client, closings.too_slow, 'too_slow')),
      operations: new Map(),
      limitKey: clientKey({ kind: 'anonymous' }, address),
      phase: 'opened',
      initTimer: setTimeout(() => hangUp(client, closings.noInit, 'protocol_error'), options.initTimeoutMs),
      context: undefined,
      userId: undefined,
      unwatch: undefined,
      runningQueries: 0,
      retiringAs: undefined,
      held: undefined,
      stopPings: undefined,
      isAnswering: true,
      blockedRounds: 0,
      endedBy: undefined,
    };
    clients.add(client);
    metrics.connections.websocket += 1;
    socket.on('message', (data) => receive(client, String(data)));
    // What breaks the WebSocket protocol, or is too long; ws closes the socket with a code that says so.
    socket.on('error', () => letGo(client, 'protocol_error'));
    socket.on('close', () => forget(client));
    client.stopPings = keepAlive.add(client);
    if (socket.protocol !== subprotocol) hangUp(client, closings.badSubprotocol, 'protocol_error');
  }

  function forget(client: WebSocketClient): void {
    letGo(client, 'disconnected');
    client.release();
    client.stopPings?.();
    clients.delete(client);
    metrics.connections.websocket -= 1;
    metrics.clientClosed('websocket', client.endedBy!);
  }

  function receive(client: WebSocketClient, text: string): void {
    if (client.endedBy) return;
    if (client.held) return void client.held.messages.push(text);
    const message = readClientMessage(text);
    if (!message) return hangUp(client, closings.badMessage, 'protocol_error');
    Promise.try(() => handle(client, message)).catch((err: unknown) => {
      logger.error({ err }, 'a message of a WebSocket client failed');
      hangUp(client, closings.internalError, 'protocol_error');
    });
  }

  function handle(client: WebSocketClient, message: ClientMessage): void | Promise<void> {
    switch (message.type) {
      case 'connection_init':
        return identity.identify(client, message.payload);
      case 'ping':
        return identity.ping(client, message.payload);
      case 'pong':
        return;
      case 'subscribe':
        return subscribe(client, message);
      case 'complete':
        return operations.stop(client, message.id);
    }
  }

  /**
   * Starts an operation when the client may start one more. It is not refused before: that would be the end of it for the
   * client, which may only have come back because it was told to, with all its operations at once.
   */
  function subscribe(client: WebSocketClient, { id, payload }: Extract<ClientMessage, { type: 'subscribe' }>): void {
    if (client.phase !== 'ready') return hangUp(client, closings.unauthorized, 'protocol_error');
    // The client sends it again when it comes back.
    if (client.retiringAs) return;
    const start = () => operations.start(client, id, payload);
    const waitMs = limits.startInTurn(client.limitKey);
    if (waitMs === undefined) retire(client, closings.tooManyOperations, 'rate_limited');
    else if (waitMs === 0) start();
    else hold(client, waitMs, { onTurn: start, receive: (text) => receive(client, text) });
  }

  return {
    async close(spreadMs) {
      isClosing = true;
      await retireClients(clients, spreadMs);
    },
  };
}
