import type { Tick } from './tick.ts';

/** Ticks that a stream no longer keeps. Every tick that has left the stream is here, but for those that are too old. */
export type TickHistory = {
  /** Up to `count` ticks behind a sequence, oldest first. */
  after(symbol: string, sequence: number, count: number): Promise<Tick[]>;
  /** One tick. */
  at(symbol: string, sequence: number): Promise<Tick | undefined>;
  /** The sequence of the oldest tick that is kept. */
  oldestSequence(symbol: string): Promise<number | undefined>;
};
