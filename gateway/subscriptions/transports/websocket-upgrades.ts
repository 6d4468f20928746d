import { STATUS_CODES, type IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { GraphQLFormattedError } from 'graphql';

/** Why a WebSocket is not opened. */
export type UpgradeRefusal = { status: number; error: GraphQLFormattedError; retryAfter?: string };

export const shuttingDown: UpgradeRefusal = {
  status: 503,
  retryAfter: '1',
  error: { message: 'This gateway is shutting down', extensions: { code: 'SHUTDOWN', retryable: true } },
};

export const notHere = (path: string): UpgradeRefusal => ({
  status: 404,
  error: { message: `WebSockets are opened at ${path}`, extensions: { code: 'NOT_FOUND', retryable: false } },
});

/** Answers a request for a WebSocket with a refusal, as a GraphQL body; the connection is closed. */
export function refuseUpgrade(connection: Duplex, { status, error, retryAfter }: UpgradeRefusal): void {
  const body = JSON.stringify({ errors: [error] });
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    'Connection: close',
    'Content-Type: application/json; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
    ...(retryAfter ? [`Retry-After: ${retryAfter}`] : []),
  ];
  connection.on('error', () => connection.destroy());
  connection.once('finish', () => connection.destroy());
  connection.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}

/** The path that a request asks for, without what follows it. */
export function pathOf({ url = '/' }: IncomingMessage): string {
  const end = url.indexOf('?');
  return end < 0 ? url : url.slice(0, end);
}
