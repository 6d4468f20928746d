import { createOverdueConnections, type BlockedConnection } from './overdue-connections.ts';
import type { StreamMessage } from '../stream-message.ts';
import type { ClientMetrics } from './client-metrics.ts';
import { createWaitingMessages, type Outlet, type WaitingMessages } from './waiting-messages.ts';

export type { Outlet };

/** What says whether a client takes in what is sent: a `net.Socket` and an `http.ServerResponse` do. */
export type WritableConnection = {
  readonly writableNeedDrain: boolean;
  once(event: 'drain', listener: () => void): unknown;
  off(event: 'drain', listener: () => void): unknown;
};

/** What waits for one client. */
export type Backlog = {
  /** Sends a message, at once where the connection takes it. */
  offer(outlet: Outlet, message: StreamMessage): void;
  /** Calls `onSent` when everything that waits for the outlet has been sent; at once when nothing does. */
  whenSent(outlet: Outlet, onSent: () => void): void;
  /** The operation is over: what waits for it is dropped. */
  forget(outlet: Outlet): void;
  /** The connection is over: everything that waits is dropped. */
  close(): void;
};

export type Backlogs = {
  /** @param onTooSlow is called once, when too much waits or for too long; everything has been dropped by then */
  open(connection: WritableConnection, onTooSlow: () => void): Backlog;
};

/**
 * Keeps what clients cannot take in yet, so that a slow one costs neither the others nor memory: messages wait here, by
 * reference to bytes that all clients share, and not as copies in the buffer of each socket.
 * @param options.limitBytes what may wait for one connection
 * @param options.limitMs how long a connection may take in nothing at all while something waits for it
 */
export function createBacklogs(options: { limitBytes: number; limitMs: number; metrics: ClientMetrics }): Backlogs {
  const { limitBytes, limitMs } = options;
  const { messages: counts } = options.metrics;
  const overdue = createOverdueConnections(limitMs);

  function send(outlet: Outlet, message: StreamMessage): void {
    counts.sent += 1;
    counts.sentBytes += message.body.length;
    outlet.send(message);
  }

  /** Begins to keep messages of a connection that is full. @param onEnd it takes them in again, or is `tooSlow` */
  function block(connection: WritableConnection, onEnd: (isTooSlow: boolean) => void): Blocked {
    const waiting = createWaitingMessages(counts);
    const overdueLater: BlockedConnection = { since: 0, onOverdue: () => end(true) };
    let isOver = false;

    function end(isTooSlow: boolean): void {
      isOver = true;
      connection.off('drain', drain);
      overdue.remove(overdueLater);
      waiting.drop();
      onEnd(isTooSlow);
    }

    function drain(): void {
      while (!waiting.isEmpty() && !connection.writableNeedDrain) {
        const { outlet, message, onSent } = waiting.take();
        if (message) send(outlet, message);
        else onSent?.();
        // Sending may have ended it.
        if (isOver) return;
      }
      if (waiting.isEmpty()) return end(false);
      overdue.restart(overdueLater);
      connection.once('drain', drain);
    }

    overdue.restart(overdueLater);
    connection.once('drain', drain);
    return { waiting, end };
  }

  function open(connection: WritableConnection, onTooSlow: () => void): Backlog {
    // Nothing is kept for a connection that has never been full.
    let blocked: Blocked | undefined;
    let isOver = false;

    return {
      offer(outlet, message) {
        if (isOver) {
          counts.dropped += 1;
          return;
        }
        if (!blocked && !connection.writableNeedDrain) return send(outlet, message);
        blocked ??= block(connection, (isTooSlow) => {
          blocked = undefined;
          isOver ||= isTooSlow;
          if (isTooSlow) onTooSlow();
        });
        blocked.waiting.add(outlet, message);
        if (blocked.waiting.bytes() > limitBytes) blocked.end(true);
      },
      whenSent(outlet, onSent) {
        if (isOver) return;
        if (blocked?.waiting.holds(outlet)) blocked.waiting.addAction(outlet, onSent);
        else onSent();
      },
      forget(outlet) {
        if (!blocked) return;
        blocked.waiting.drop(outlet);
        // Nothing waits any more, so nothing is late.
        if (blocked.waiting.isEmpty()) blocked.end(false);
      },
      close() {
        isOver = true;
        blocked?.end(false);
      },
    };
  }

  return { open };
}

/** A connection that takes in nothing more for now. */
type Blocked = { waiting: WaitingMessages; end(isTooSlow: boolean): void };
