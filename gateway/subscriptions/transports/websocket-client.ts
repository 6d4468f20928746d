import type { Duplex } from 'node:stream';
import { WebSocket } from 'ws';
import type { GatewayContext } from '../../gateway-context.ts';
import type { Backlog, Outlet } from './backlog.ts';
import type { JoinedStream, Subscriber } from '../stream-message.ts';
import type { ClosingReason } from './client-metrics.ts';
import type { Closing } from './websocket-protocol.ts';

/** One WebSocket client. There are ten thousand of them: what is in it is what each of them costs. */
export type WebSocketClient = {
  readonly socket: WebSocket;
  /** What the socket writes to. */
  readonly connection: Duplex;
  readonly backlog: Backlog;
  readonly operations: Map<string, SocketOperation>;
  readonly userAgent: string | undefined;
  readonly address: string;
  /** Whom limits count. */
  limitKey: string;
  /** Gives back the place that limits have for this connection. */
  release: () => void;
  phase: 'opened' | 'identifying' | 'ready';
  initTimer: NodeJS.Timeout | undefined;
  /** Who speaks, once the connection is acknowledged. */
  context: GatewayContext | undefined;
  /** Who has signed in, also after the token has expired: nobody else may renew it. */
  userId: string | undefined;
  unwatch: (() => void) | undefined;
  /** Queries and mutations that are executed now; a connection that is to be closed waits for them. */
  runningQueries: number;
  /** How it is to be closed when these are answered, at the latest when the time is up; nothing is started until then. */
  retiringAs: { closing: Closing; because: ClosingReason; timer: NodeJS.Timeout } | undefined;
  /** What it has sent behind an operation that has to wait for its turn. */
  held: { messages: string[]; timer: NodeJS.Timeout } | undefined;
  /** Ends the pings. */
  stopPings: (() => void) | undefined;
  /** Whether the last ping has been answered, or something else has shown since that the client is there. */
  isAnswering: boolean;
  /** Pings for which there was no room, one after the other. */
  blockedRounds: number;
  endedBy: ClosingReason | undefined;
};

export type SocketOperation = Outlet & Subscriber & { stream: JoinedStream | undefined; isOver: boolean };

/**
 * Sends what is not an event: answers to what the client has sent. While the client does not take them in, nothing more is
 * read from it, so that asking without listening costs no memory.
 */
export function reply(client: WebSocketClient, text: string): void {
  const { socket, connection } = client;
  if (socket.readyState !== WebSocket.OPEN) return;
  socket.send(text);
  if (!connection.writableNeedDrain || socket.isPaused) return;
  socket.pause();
  readOn(client);
}

/** Reads on, once the client has taken in its answers and waits for no operation's turn. */
export function readOn(client: WebSocketClient): void {
  const { socket, connection } = client;
  if (client.held) return;
  if (connection.writableNeedDrain) connection.once('drain', () => readOn(client));
  else socket.resume();
}

/** Closes the connection; its operations have left when this returns. */
export function hangUp(client: WebSocketClient, { code, reason }: Closing, because: ClosingReason): void {
  if (client.endedBy) return;
  letGo(client, because);
  client.socket.resume();
  client.socket.close(code, reason);
}

/** Closes the connection without waiting for the client. */
export function cut(client: WebSocketClient, because: ClosingReason): void {
  letGo(client, because);
  client.socket.terminate();
}

/** Ends everything that runs for the client, once: the connection is over, or will be in a moment. */
export function letGo(client: WebSocketClient, because: ClosingReason): void {
  if (client.endedBy) return;
  client.endedBy = because;
  clearTimeout(client.initTimer);
  clearTimeout(client.retiringAs?.timer);
  letGoOfHeld(client);
  client.unwatch?.();
  client.backlog.close();
  leaveStreams(client, because);
  client.operations.clear();
}

/** Forgets what the client has sent and that has not begun. */
export function letGoOfHeld(client: WebSocketClient): void {
  clearTimeout(client.held?.timer);
  client.held = undefined;
}

/** Ends the client's streams, and neither its queries nor the connection. */
export function leaveStreams(client: WebSocketClient, because: ClosingReason): void {
  for (const [id, operation] of client.operations) {
    if (!operation.stream) continue;
    client.operations.delete(id);
    client.backlog.forget(operation);
    operation.stream.leave(leaving[because]);
  }
}

/** Why its operations leave when a connection ends. */
const leaving = {
  token_expired: 'token_expired',
  session_ended: 'session_ended',
  too_slow: 'too_slow',
  schema_changed: 'schema_changed',
  shutdown: 'shutdown',
  disconnected: 'disconnected',
  unanswered: 'disconnected',
  refused: 'disconnected',
  rate_limited: 'disconnected',
  protocol_error: 'disconnected',
  completed: 'disconnected',
} as const satisfies Record<ClosingReason, Parameters<JoinedStream['leave']>[0]>;
