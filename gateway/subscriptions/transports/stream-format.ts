import type { GraphQLFormattedError } from 'graphql';
import type { Ending, ReconnectReason, StreamMessage } from '../stream-message.ts';
import type { StreamKind } from './http-negotiation.ts';

/** How subscriptions are written into a response that is held open; each protocol has its own. */
export type StreamFormat = {
  kind: StreamKind;
  contentType: string;
  /** The longest that nothing is sent. */
  heartbeatMs: number;
  heartbeat: Buffer;
  /** So long nothing is sent before the end of a stream whose client should connect again. */
  quietMs: number;
  /** What a stream begins with. @param returnAfterMs when a client is to come back that does so by itself */
  opening(returnAfterMs: number): string;
  /** One message as it is sent: the same bytes for all clients, made once for each message. */
  frame(message: StreamMessage): Buffer;
  /** The whole answer to a query: its result as JSON, and the end. */
  single(json: string): string;
  /** The last bytes of a stream. @param returnsAlone whether the client comes back by itself unless it is told not to */
  ending(ending: Ending, returnsAlone: boolean): string;
};

/** The headers of a stream. Nobody on the way may keep it, change it, or wait until there is more of it (nginx does). */
export function streamHeaders({ contentType }: StreamFormat): Record<string, string> {
  return { 'content-type': contentType, 'cache-control': 'no-cache, no-transform', 'x-accel-buffering': 'no' };
}

/** Makes each message's frame once, and keeps it for as long as the message is kept by anybody. */
export function framedOnce(frame: (message: StreamMessage) => Buffer): StreamFormat['frame'] {
  const frames = new WeakMap<StreamMessage, Buffer>();
  return (message) => {
    const known = frames.get(message);
    if (known) return known;
    const made = frame(message);
    frames.set(message, made);
    return made;
  };
}

const reasons: Record<ReconnectReason, string> = {
  token_expired: 'The access token has expired: connect again with a new one',
  session_ended: 'The session has ended: sign in and connect again',
  too_slow: 'The client did not keep up: connect again',
  schema_changed: 'The schema has changed: connect again',
  shutdown: 'This gateway is shutting down: connect again',
};

/** Why a client should connect again, as an error: its code is TOKEN_EXPIRED, SESSION_ENDED, TOO_SLOW, SCHEMA_CHANGED or SHUTDOWN. */
export function reconnectError(reason: ReconnectReason): GraphQLFormattedError {
  return { message: reasons[reason], extensions: { code: reason.toUpperCase(), retryable: true } };
}

/** Whether the same operation may succeed later, unchanged. */
export function areRetryable(errors: readonly GraphQLFormattedError[]): boolean {
  return errors.length > 0 && errors.every(({ extensions }) => extensions?.retryable === true);
}
