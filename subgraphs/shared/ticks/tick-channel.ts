import { settledOrAborted } from '../waiting.ts';
import { createTickMemory, type TickMemory } from './tick-memory.ts';

/** What one process knows of one symbol's stream: its newest ticks, and who waits for the next one. */
export type TickChannel = {
  symbol: string;
  memory: TickMemory;
  /** The last sequence that was read; 0 before the first. */
  position(): number;
  /** Tells everyone who waits that something has arrived. */
  announce(): void;
  /** Waits until something arrives. @returns false when the signal aborted before */
  arrival(signal: AbortSignal): Promise<boolean>;
};

export function createTickChannel(symbol: string, capacity: number): TickChannel {
  const memory = createTickMemory(capacity);
  let waiting = new Set<() => void>();
  return {
    symbol,
    memory,
    position: () => memory.newest()?.sequence ?? 0,
    announce() {
      const woken = waiting;
      waiting = new Set();
      for (const wake of woken) wake();
    },
    async arrival(signal) {
      const { promise, resolve } = Promise.withResolvers<void>();
      waiting.add(resolve);
      const wasAborted = await settledOrAborted(promise, signal);
      waiting.delete(resolve);
      return !wasAborted;
    },
  };
}
