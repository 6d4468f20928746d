import type { Tick } from './tick.ts';

/** The newest ticks of one symbol, by sequence, in memory that does not grow. */
export type TickMemory = {
  /** Adds a tick; one that is not newer than the newest is ignored. */
  add(tick: Tick): void;
  newest(): Tick | undefined;
  oldest(): Tick | undefined;
  at(sequence: number): Tick | undefined;
  /** The first tick behind a sequence. */
  next(sequence: number): Tick | undefined;
  all(): Tick[];
  size(): number;
};

/** @param capacity ticks that are kept at least; up to twice as many before the older half is let go */
export function createTickMemory(capacity: number): TickMemory {
  let ticks: Tick[] = [];
  /** Index of the first tick whose sequence is at least the given one. Sequences are dense but for losses, so the guess is nearly always right. */
  const indexOf = (sequence: number): number => {
    const first = ticks[0];
    if (!first || sequence <= first.sequence) return 0;
    const guess = sequence - first.sequence;
    if (ticks[guess]?.sequence === sequence) return guess;
    let [low, high] = [0, ticks.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (ticks[middle]!.sequence < sequence) low = middle + 1;
      else high = middle;
    }
    return low;
  };
  return {
    add(tick) {
      const newest = ticks.at(-1);
      if (newest && tick.sequence <= newest.sequence) return;
      ticks.push(tick);
      if (ticks.length >= capacity * 2) ticks = ticks.slice(-capacity);
    },
    newest: () => ticks.at(-1),
    oldest: () => ticks[0],
    at(sequence) {
      const tick = ticks[indexOf(sequence)];
      return tick?.sequence === sequence ? tick : undefined;
    },
    next: (sequence) => ticks[indexOf(sequence + 1)],
    all: () => ticks,
    size: () => ticks.length,
  };
}
