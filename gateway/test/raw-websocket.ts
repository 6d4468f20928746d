import type { Duplex } from 'node:stream';
import { WebSocket, type ClientOptions } from 'ws';
import { inTime } from '#shared/waiting.ts';

export type RawMessage = { type: string; id?: string; payload?: unknown };

/** `protocol: null` offers none. */
type RawSocketOptions = Omit<ClientOptions, 'protocol'> & { protocol?: string | null };

/** A client that says what it is told to, and nothing of itself; every message of the server is kept. */
export function openRawSocket(url: string, { protocol = 'graphql-transport-ws', ...options }: RawSocketOptions = {}) {
  const socket = new WebSocket(url.replace(/^http/, 'ws'), protocol === null ? [] : [protocol], options);
  const messages: RawMessage[] = [];
  const waiting: (() => void)[] = [];
  const opened = Promise.withResolvers<void>();
  const closed = Promise.withResolvers<{ code: number; reason: string }>();
  const refused = Promise.withResolvers<{ status: number; headers: NodeJS.Dict<string | string[]>; body: unknown }>();
  let read = 0;

  socket.on('open', () => opened.resolve());
  socket.on('error', () => undefined);
  socket.on('message', (data) => {
    messages.push(JSON.parse(String(data)) as RawMessage);
    for (const wake of waiting.splice(0)) wake();
  });
  socket.on('close', (code, reason) => closed.resolve({ code, reason: String(reason) }));
  socket.on('unexpected-response', async (_request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of response) chunks.push(chunk as Buffer);
    const body: unknown = JSON.parse(Buffer.concat(chunks).toString());
    refused.resolve({ status: response.statusCode ?? 0, headers: response.headers, body });
    socket.terminate();
  });

  async function next(timeoutMs = 30_000): Promise<RawMessage> {
    const deadline = performance.now() + timeoutMs;
    while (messages.length <= read) {
      const { promise, resolve } = Promise.withResolvers<void>();
      waiting.push(resolve);
      await inTime(promise, deadline - performance.now());
      if (performance.now() > deadline) throw new Error(`no message within ${timeoutMs} ms`);
    }
    return messages[read++]!;
  }

  const send = (message: object | string) =>
    socket.send(typeof message === 'string' ? message : JSON.stringify(message));

  return {
    socket,
    messages,
    send,
    next,
    opened: opened.promise,
    closed: closed.promise,
    /** What the upgrade was answered with instead. */
    refused: refused.promise,
    async init(payload?: Record<string, unknown>) {
      await opened.promise;
      send({ type: 'connection_init', payload });
      return next();
    },
    subscribe: (id: string, query: string, more: object = {}) =>
      send({ type: 'subscribe', id, payload: { query, ...more } }),
    /** Takes in nothing more, down to the TCP connection. */
    stopReading: () => connectionOf(socket).pause(),
    readOn: () => connectionOf(socket).resume(),
    close: () => socket.terminate(),
  };
}

export type RawSocket = ReturnType<typeof openRawSocket>;

/** What the socket reads from, which ws keeps to itself. */
function connectionOf(socket: WebSocket): Duplex {
  return (socket as unknown as { _socket: Duplex })._socket;
}
