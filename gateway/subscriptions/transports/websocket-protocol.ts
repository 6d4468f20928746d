import type { GraphQLFormattedError } from 'graphql';
import type { OperationRequest } from '../client-operations.ts';
import type { ReconnectReason } from '../stream-message.ts';

/** The protocol's name in `Sec-WebSocket-Protocol`; its text is PROTOCOL.md of graphql-ws. */
export const subprotocol = 'graphql-transport-ws';

/** What a client may say. */
export type ClientMessage =
  | { type: 'connection_init'; payload: Record<string, unknown> }
  | { type: 'ping'; payload: Record<string, unknown> | undefined }
  | { type: 'pong' }
  | { type: 'subscribe'; id: string; payload: OperationRequest }
  | { type: 'complete'; id: string };

export type Closing = { code: number; reason: string };

/**
 * How connections are closed, in the words of graphql-ws. Its clients come back after 1001, 1012, 1013, 4403 and 4408; after
 * 4400, 4401, 4406, 4409, 4429 and 4500 they give up, for they would do the same again.
 */
export const closings = {
  badMessage: { code: 4400, reason: 'Invalid message received' },
  unauthorized: { code: 4401, reason: 'Unauthorized' },
  forbidden: { code: 4403, reason: 'Forbidden' },
  badSubprotocol: { code: 4406, reason: 'Subprotocol not acceptable' },
  noInit: { code: 4408, reason: 'Connection initialisation timeout' },
  secondInit: { code: 4429, reason: 'Too many initialisation requests' },
  internalError: { code: 4500, reason: 'Internal server error' },
  tryAgainLater: { code: 1013, reason: 'Try again later' },
  tooManyOperations: { code: 1013, reason: 'Too many operations' },
  tooManyConnections: { code: 1013, reason: 'Too many connections' },
  token_expired: { code: 4403, reason: 'Token expired' },
  session_ended: { code: 4403, reason: 'Session ended' },
  too_slow: { code: 1013, reason: 'Too slow' },
  schema_changed: { code: 1012, reason: 'Schema changed' },
  shutdown: { code: 1001, reason: 'Going away' },
} as const satisfies Record<string, Closing> & Record<ReconnectReason, Closing>;

export function duplicateSubscriber(id: string): Closing {
  const reason = `Subscriber for ${id} already exists`;
  // A close frame has room for 123 bytes.
  return { code: 4409, reason: Buffer.byteLength(reason) <= 123 ? reason : 'Subscriber already exists' };
}

/** Every message of an operation carries its id: a longer one would be a way to make the gateway send a lot. */
const longestId = 256;

/** @returns what a client says, or `undefined` where it is not of the protocol */
export function readClientMessage(text: string): ClientMessage | undefined {
  let message: unknown;
  try {
    message = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isObject(message)) return undefined;
  const { type, id, payload } = message;
  switch (type) {
    case 'connection_init':
      return isObjectOrNothing(payload) ? { type, payload: payload ?? {} } : undefined;
    case 'ping':
      return isObjectOrNothing(payload) ? { type, payload: payload ?? undefined } : undefined;
    case 'pong':
      return isObjectOrNothing(payload) ? { type } : undefined;
    case 'subscribe':
      return isId(id) && isRequest(payload) ? { type, id, payload } : undefined;
    case 'complete':
      return isId(id) ? { type, id } : undefined;
    default:
      return undefined;
  }
}

export const ackMessage = '{"type":"connection_ack"}';

export function pongMessage(payload: object | undefined): string {
  return payload ? JSON.stringify({ type: 'pong', payload }) : '{"type":"pong"}';
}

/** What stands in front of a result that is JSON already; behind it comes `}`. */
export const nextHead = (id: string) => `{"id":${JSON.stringify(id)},"type":"next","payload":`;

export function nextMessage(id: string, payload: object): string {
  return `${nextHead(id)}${JSON.stringify(payload)}}`;
}

export function errorMessage(id: string, payload: readonly GraphQLFormattedError[]): string {
  return JSON.stringify({ id, type: 'error', payload });
}

export function completeMessage(id: string): string {
  return JSON.stringify({ id, type: 'complete' });
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isObjectOrNothing(value: unknown): value is Record<string, unknown> | null | undefined {
  return value === undefined || value === null || isObject(value);
}

function isId(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= longestId;
}

function isRequest(value: unknown): value is OperationRequest {
  if (!isObject(value)) return false;
  const { query, variables, operationName, extensions } = value;
  return (
    typeof query === 'string' &&
    isObjectOrNothing(variables) &&
    (typeof operationName === 'string' || operationName === undefined || operationName === null) &&
    isObjectOrNothing(extensions)
  );
}
