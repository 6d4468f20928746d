import type { StreamMessage } from '../stream-message.ts';
import type { ClientMetrics } from './client-metrics.ts';

/** One operation of a client, as far as its messages are concerned. */
export type Outlet = {
  /** Whether a newer message may take the place of one of the same key that waits. */
  isConflatable: boolean;
  /** Writes a message to the client's connection. */
  send(message: StreamMessage): void;
};

/** A message that waits, or what is to be done when those before it have been sent. */
export type WaitingEntry = { outlet: Outlet; message?: StreamMessage; onSent?: () => void };

/** What waits for one connection, in order. */
export type WaitingMessages = {
  /** Bytes that wait. */
  bytes(): number;
  isEmpty(): boolean;
  holds(outlet: Outlet): boolean;
  add(outlet: Outlet, message: StreamMessage): void;
  /** Calls `onSent` in its turn. */
  addAction(outlet: Outlet, onSent: () => void): void;
  take(): WaitingEntry;
  /** Drops what waits for the outlet; for all of them without one. */
  drop(outlet?: Outlet): void;
};

/**
 * Of a conflatable operation the newest message of each key waits, behind those that are older than itself: who resumes
 * behind the last sequence that it has received must not have missed a smaller one. Of another operation every message waits.
 */
export function createWaitingMessages(counts: ClientMetrics['messages']): WaitingMessages {
  let entries: WaitingEntry[] = [];
  let bytes = 0;
  const replaceable = new Map<Outlet, Map<string, WaitingEntry>>();

  function count(change: number): void {
    bytes += change;
    counts.backlogBytes += change;
  }

  function remember(entry: WaitingEntry, key: string): void {
    const keys = replaceable.get(entry.outlet);
    if (keys) keys.set(key, entry);
    else replaceable.set(entry.outlet, new Map([[key, entry]]));
  }

  return {
    bytes: () => bytes,
    isEmpty: () => entries.length === 0,
    holds: (outlet) => entries.some((entry) => entry.outlet === outlet),
    add(outlet, message) {
      count(message.body.length);
      const older = outlet.isConflatable ? replaceable.get(outlet)?.get(message.key) : undefined;
      if (older) {
        count(-older.message!.body.length);
        counts.conflated += 1;
        entries.splice(entries.indexOf(older), 1);
      }
      const entry = { outlet, message };
      entries.push(entry);
      if (outlet.isConflatable) remember(entry, message.key);
    },
    addAction(outlet, onSent) {
      entries.push({ outlet, onSent });
    },
    take() {
      const entry = entries.shift()!;
      const { outlet, message } = entry;
      if (!message) return entry;
      count(-message.body.length);
      const keys = replaceable.get(outlet);
      // Messages that came before the operation was known to be conflatable are not among them.
      if (keys?.get(message.key) === entry) keys.delete(message.key);
      return entry;
    },
    drop(outlet) {
      for (const { message } of entries.filter((entry) => !outlet || entry.outlet === outlet)) {
        if (!message) continue;
        count(-message.body.length);
        counts.dropped += 1;
      }
      entries = outlet ? entries.filter((entry) => entry.outlet !== outlet) : [];
      if (outlet) replaceable.delete(outlet);
      else replaceable.clear();
    },
  };
}
