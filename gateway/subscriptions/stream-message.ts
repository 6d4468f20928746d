import type { GraphQLFormattedError } from 'graphql';

/** One event as clients receive it: made once, and shared by every client whose operation is the same. Never changed. */
export type StreamMessage = {
  /** The execution result as JSON in UTF-8: what every protocol calls `payload` or `data`. */
  body: Buffer;
  /** Of the messages of one key the newest is all that counts, where the stream is conflatable. */
  key: string;
  /** What a client can resume behind with the argument `after`; `undefined` where the operation cannot be resumed. */
  sequence: number | undefined;
};

/** Why a client is asked to come back: nothing is wrong with its operation. */
export type ReconnectReason = 'token_expired' | 'session_ended' | 'too_slow' | 'schema_changed' | 'shutdown';

/** How a stream ends for one client; each transport says it in the words of its protocol. */
export type Ending =
  /** The stream is over: there is nothing more to come. */
  | { kind: 'complete' }
  /** The operation is refused or has failed; other operations of the connection are not concerned. */
  | { kind: 'error'; errors: readonly GraphQLFormattedError[] }
  /** The client should connect again and subscribe anew. */
  | { kind: 'reconnect'; reason: ReconnectReason };

/** One client's operation, as a stream sees it. Neither function throws or blocks. */
export type Subscriber = {
  deliver(message: StreamMessage): void;
  /** Calls `then` when the connection has taken in what was delivered: a stream that replays the past waits for it. */
  whenSent?(then: () => void): void;
  /** Called at most once, and never after `leave()`; nothing is delivered behind it. */
  end(ending: Ending): void;
};

/** What a client has once it has joined a stream. */
export type JoinedStream = {
  /** Whether a newer message may take the place of one of the same key that the client has not received yet. */
  isConflatable: boolean;
  /** Whether the stream is made for this caller alone: it must end with the caller's token and session. */
  isPersonal: boolean;
  /** Ends it from the client's side; the reason is counted. */
  leave(reason: 'unsubscribed' | 'disconnected' | ReconnectReason): void;
};
