import { createBell } from '../waiting.ts';
import { createTickMemory, type TickMemory } from './tick-memory.ts';

/** What one process knows of one symbol's stream: its newest ticks, and who waits for the next one. */
export type TickChannel = {
  symbol: string;
  memory: TickMemory;
  /** The last sequence that was read; 0 before the first. */
  position(): number;
  /** Tells everyone who waits that something has arrived. */
  announce(): void;
  /** Wakes everyone who waits or rests, although nothing has arrived. */
  remind(): void;
  /** Waits until something arrives, or until `remind`. @returns false when the signal aborted before */
  arrival(signal: AbortSignal): Promise<boolean>;
  /** Waits so many milliseconds whatever arrives, or until `remind`. @returns false when the signal aborted before */
  rest(milliseconds: number, signal: AbortSignal): Promise<boolean>;
};

export function createTickChannel(symbol: string, capacity: number): TickChannel {
  const memory = createTickMemory(capacity);
  const arrivals = createBell();
  const reminders = createBell();
  return {
    symbol,
    memory,
    position: () => memory.newest()?.sequence ?? 0,
    announce: arrivals.ring,
    remind() {
      arrivals.ring();
      reminders.ring();
    },
    arrival: (signal) => arrivals.heard(signal),
    rest: (milliseconds, signal) => reminders.heard(signal, milliseconds),
  };
}
