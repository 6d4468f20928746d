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
  /** Says that ticks up to a sequence are not needed beyond `capacity`. */
  release(upTo: number): void;
};

/**
 * @param capacity ticks that are kept at least; up to twice as many before the older ones are let go
 * @param limit ticks that are kept at most while they have not been released; without it every tick counts as released
 */
export function createTickMemory(capacity: number, limit?: number): TickMemory {
  let ticks: Tick[] = [];
  let released = limit === undefined ? Number.POSITIVE_INFINITY : 0;
  let tidyAt = capacity * 2;
  const tidy = () => {
    const unreleased = ticks.length - indexOf(released + 1);
    ticks = ticks.slice(-Math.max(capacity, Math.min(unreleased, limit ?? 0)));
    tidyAt = Math.max(capacity, ticks.length) * 2;
  };
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
      if (ticks.length >= tidyAt) tidy();
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
    release(upTo) {
      released = Math.max(released, upTo);
    },
  };
}

/** Whether memory reaches back to a position: every tick behind it is there. */
export function holdsAllBehind(memory: TickMemory, position: number): boolean {
  const oldest = memory.oldest();
  return oldest !== undefined && oldest.sequence <= position + 1;
}

/** The ticks behind a position, for as long as memory reaches back to where a slow reader stands. */
export function* inMemory(memory: TickMemory, position: number): Generator<Tick, void, void> {
  while (holdsAllBehind(memory, position)) {
    const tick = memory.next(position);
    if (!tick) return;
    yield tick;
    position = tick.sequence;
  }
}
