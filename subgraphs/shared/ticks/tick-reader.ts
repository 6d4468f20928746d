import type { Redis } from 'ioredis';
import { entryId, decodeTick, tickStreamKey, type StreamEntry } from './tick-entry.ts';
import type { Tick } from './tick.ts';

/** Reads ticks that are kept in Redis Streams. None of these reads blocks. */
export type TickReader = {
  latest(symbol: string): Promise<Tick | undefined>;
  /** The newest `count` ticks, oldest first. */
  newest(symbol: string, count: number): Promise<Tick[]>;
  /** One tick; `undefined` when it is not there yet or no longer kept. */
  at(symbol: string, sequence: number): Promise<Tick | undefined>;
  /** Up to `count` ticks behind a sequence, oldest first. */
  after(symbol: string, sequence: number, count: number): Promise<Tick[]>;
  oldest(symbol: string): Promise<Tick | undefined>;
};

export function createTickReader({ redis, prefix }: { redis: Redis; prefix: string }): TickReader {
  const key = (symbol: string) => tickStreamKey(prefix, symbol);
  const ticks = (symbol: string, entries: StreamEntry[]) => entries.map((entry) => decodeTick(symbol, entry));
  return {
    latest: async (symbol) => ticks(symbol, await redis.xrevrange(key(symbol), '+', '-', 'COUNT', 1))[0],
    newest: async (symbol, count) =>
      ticks(symbol, await redis.xrevrange(key(symbol), '+', '-', 'COUNT', count)).reverse(),
    at: async (symbol, sequence) =>
      ticks(symbol, await redis.xrange(key(symbol), entryId(sequence), entryId(sequence)))[0],
    after: async (symbol, sequence, count) =>
      ticks(symbol, await redis.xrange(key(symbol), entryId(sequence + 1), '+', 'COUNT', count)),
    oldest: async (symbol) => ticks(symbol, await redis.xrange(key(symbol), '-', '+', 'COUNT', 1))[0],
  };
}
