import { wallClock } from './wall-clock.ts';

/** A tick that was made: its number, and when, in milliseconds of the wall clock. */
export type FeedTick = { sequence: number; madeAt: number };
export type Pace = { perSecond: number; count: number };

/** Makes ticks at a steady pace, when it is told to. There is one from the beginning, as the current price. */
export type Feed = {
  latest(): FeedTick;
  /** Those behind a sequence, oldest first. */
  after(sequence: number): FeedTick[];
  /** The listener is called for every tick that is made from now on. @returns what ends that */
  onTick(listener: (tick: FeedTick) => void): () => void;
  /** @returns the sequence of the last tick, once it is made */
  run(pace: Pace): Promise<number>;
};

/** Of six digits from the first to the last, so that all messages have the same length. */
const firstSequence = 100_000;

export function createFeed(): Feed {
  const ticks: FeedTick[] = [{ sequence: firstSequence, madeAt: wallClock() }];
  const listeners = new Set<(tick: FeedTick) => void>();
  const make = () => {
    const tick = { sequence: firstSequence + ticks.length, madeAt: wallClock() };
    ticks.push(tick);
    for (const listener of listeners) listener(tick);
  };
  return {
    latest: () => ticks.at(-1)!,
    after: (sequence) => ticks.slice(Math.max(0, sequence + 1 - firstSequence)),
    onTick(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    run({ perSecond, count }) {
      const { promise, resolve } = Promise.withResolvers<number>();
      const begun = performance.now();
      let made = 0;
      // A timer that fires late makes up for it: the pace is kept on average.
      const timer = setInterval(
        () => {
          const due = Math.min(count, Math.floor(((performance.now() - begun) * perSecond) / 1_000 + 0.1));
          for (; made < due; made += 1) make();
          if (made < count) return;
          clearInterval(timer);
          resolve(ticks.at(-1)!.sequence);
        },
        Math.max(1, 1_000 / perSecond),
      );
      return promise;
    },
  };
}
