import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { WebSocketServer } from 'ws';
import { eventually } from '#shared/testing/eventually.ts';

/** A connection as the exchange sees it. */
export type ServedConnection = {
  /** Path and query that were asked for. */
  path: string;
  /** What the client has sent. */
  received: unknown[];
  /** How often the client has asked for a sign of life. */
  pings: number;
  isOpen(): boolean;
  /** The code that the connection was closed with; undefined while it is open. */
  closedWith: number | undefined;
  /** An object as JSON, or text as it is. */
  send(message: object | string): void;
  sendBytes(bytes: Buffer): void;
  ping(): void;
  /** Ends it as a lost network does. */
  cut(): void;
  close(code: number, reason: string): void;
  /** Half open: it stays, but takes nothing and says nothing any more, not even that it is alive. */
  fallSilent(): void;
};

export type ExchangeServer = {
  url: string;
  /** Every connection that there was, in the order of their opening. */
  connections: ServedConnection[];
  /** When a connection was asked for, whether it was granted or not: `performance.now()`. */
  attempts: number[];
  /** Waits for a connection, the first being 0. */
  connection(index: number): Promise<ServedConnection>;
  /** Answers with a status instead of a connection from now on; with none it leaves the client without an answer. */
  refuse(answer: { status: number | undefined; headers?: Record<string, string> }): void;
  /** Connections are granted again. */
  admit(): void;
  close(): Promise<void>;
};

/**
 * A WebSocket server on a free port, which can be told every fault that networks and exchanges have.
 * @param speak what the exchange does by itself: called with each new connection, returns what it does with a message
 */
export async function serveExchange(
  speak: (connection: ServedConnection) => (message: unknown) => void = () => () => {},
): Promise<ExchangeServer> {
  const http = createServer();
  const sockets = new WebSocketServer({ noServer: true, autoPong: false });
  const connections: ServedConnection[] = [];
  const attempts: number[] = [];
  const unanswered = new Set<Socket>();
  let refusal: { status: number | undefined; headers?: Record<string, string> } | undefined;

  http.on('upgrade', (request, socket: Socket, head) => {
    attempts.push(performance.now());
    socket.on('error', () => socket.destroy());
    if (!refusal) {
      sockets.handleUpgrade(request, socket, head, (webSocket) => sockets.emit('connection', webSocket, request));
    } else if (refusal.status === undefined) {
      unanswered.add(socket);
    } else {
      const headers = Object.entries(refusal.headers ?? {}).map(([name, value]) => `${name}: ${value}\r\n`);
      socket.end(`HTTP/1.1 ${refusal.status} Refused\r\nConnection: close\r\n${headers.join('')}\r\n`);
    }
  });
  sockets.on('connection', (webSocket, request) => {
    let isSilent = false;
    const connection: ServedConnection = {
      path: request.url!,
      received: [],
      pings: 0,
      closedWith: undefined,
      isOpen: () => webSocket.readyState === webSocket.OPEN,
      send(message) {
        if (!isSilent) webSocket.send(typeof message === 'string' ? message : JSON.stringify(message));
      },
      sendBytes: (bytes) => webSocket.send(bytes),
      ping: () => webSocket.ping(),
      cut: () => webSocket.terminate(),
      close: (code, reason) => webSocket.close(code, reason),
      fallSilent() {
        isSilent = true;
        webSocket.pause();
      },
    };
    connections.push(connection);
    const onMessage = speak(connection);
    webSocket.on('message', (data: Buffer) => {
      const message: unknown = JSON.parse(data.toString());
      connection.received.push(message);
      onMessage(message);
    });
    webSocket.on('ping', (data) => {
      connection.pings += 1;
      if (!isSilent) webSocket.pong(data);
    });
    webSocket.on('error', () => webSocket.terminate());
    webSocket.on('close', (code) => (connection.closedWith = code));
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));

  return {
    url: `ws://127.0.0.1:${(http.address() as AddressInfo).port}`,
    connections,
    attempts,
    async connection(index) {
      await eventually(() => {
        if (!connections[index]) throw new Error(`${connections.length} connections and not yet ${index + 1}`);
      });
      return connections[index]!;
    },
    refuse: (answer) => (refusal = answer),
    admit: () => (refusal = undefined),
    async close() {
      sockets.clients.forEach((webSocket) => webSocket.terminate());
      unanswered.forEach((socket) => socket.destroy());
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
    },
  };
}
