import type { Redis } from 'ioredis';
import { DomainError } from '../errors.ts';
import type { Logger } from '../logger.ts';
import { disconnectReader, watchSilence, type SilenceWatch } from '../silence-watch.ts';
import { followChannel, type FollowOptions } from './follow-channel.ts';
import { createKeptTicks } from './kept-ticks.ts';
import { createTickChannel, type TickChannel } from './tick-channel.ts';
import { decodeTick, entryId, tickStreamKey, type StreamEntry } from './tick-entry.ts';
import type { TickHistory } from './tick-history.ts';
import { createTickReader } from './tick-reader.ts';
import type { TickReference } from './tick-reference.ts';
import type { Tick } from './tick.ts';

/** Follows tick streams in memory: one blocking read for all symbols, whatever the number of listeners. */
export type TickFollower = {
  /** Begins to follow a symbol and waits until its newest ticks are in memory. Safe to call again. */
  follow(symbol: string): Promise<void>;
  /** The latest tick of a followed symbol. */
  latest(symbol: string): Tick | undefined;
  /**
   * The tick that a reference names: from memory, else from the stream or the history; one that has not arrived yet is
   * waited for.
   * @throws DomainError TICK_UNAVAILABLE when it is not there after `waitMs` milliseconds
   */
  at(reference: TickReference, waitMs: number): Promise<Tick>;
  /**
   * The ticks of a symbol, without gap or repeat, until the signal aborts. Without `after`: the latest, then each new one.
   * With `after`: what followed that sequence, read from memory, else from the stream, else from the history, then each
   * new one. A slow consumer holds nothing up and costs no memory: it reads on where it stands. With `minIntervalMs` at
   * most one tick in that time, the latest each time, and nothing is too old to continue from.
   * @throws DomainError SEQUENCE_TOO_OLD with `oldestSequence`, SEQUENCE_AHEAD with `latestSequence`, or TICK_UNAVAILABLE,
   *   retryable, while the history cannot be read
   */
  ticks(symbol: string, options: FollowOptions): AsyncGenerator<Tick, void, void>;
  /** Asks everyone who follows a symbol whether the latest tick is due again; see FollowOptions. */
  remind(symbol: string): void;
  close(): Promise<void>;
};

/** Longest time that a blocking read keeps a newly followed symbol waiting for its place in the next read. */
const blockMs = 200;
/** Silence after which the connection is made anew. */
const deadAfterMs = 5_000;
const retryMs = 250;

/**
 * @param options.memory ticks of a symbol that are held in memory; older ones are read from the stream
 * @param options.history where ticks are that the stream no longer keeps; without it they are gone
 */
export function createTickFollower(options: {
  redis: Redis;
  prefix: string;
  memory: number;
  history?: TickHistory;
  logger: Logger;
}): TickFollower {
  const { redis, prefix, logger } = options;
  // It is answered at least every `blockMs`: a connection that says nothing for much longer is dead, closed or not.
  const blocking = redis.duplicate();
  blocking.on('error', (err: Error) => logger.debug({ err }, 'tick follower lost Redis'));
  const reader = createTickReader({ redis, prefix });
  const kept = createKeptTicks({ reader, history: options.history, logger });
  const followed = new Map<string, { channel: TickChannel; ready: Promise<void> }>();
  /** Those that are read on; one that is still being loaded would be read from its oldest tick. */
  const loaded: TickChannel[] = [];
  let isClosed = false;
  let reading: Promise<void> | undefined;
  let silence: SilenceWatch | undefined;

  async function channelOf(symbol: string): Promise<TickChannel> {
    let entry = followed.get(symbol);
    if (!entry) {
      const channel = createTickChannel(symbol, options.memory);
      entry = { channel, ready: load(channel) };
      // A failed load must not stick: the next caller tries again.
      entry.ready.catch(() => followed.delete(symbol));
      followed.set(symbol, entry);
    }
    await entry.ready;
    return entry.channel;
  }

  async function load(channel: TickChannel): Promise<void> {
    for (const tick of await reader.newest(channel.symbol, options.memory)) channel.memory.add(tick);
    loaded.push(channel);
    silence ??= watchSilence(blocking, deadAfterMs);
    reading ??= readOn();
  }

  async function readOn(): Promise<void> {
    while (!isClosed) {
      try {
        await readOnce();
      } catch (err) {
        if (isClosed) return;
        logger.error({ err }, 'reading ticks failed; trying again');
        await new Promise((resolve) => setTimeout(resolve, retryMs));
      }
    }
  }

  async function readOnce(): Promise<void> {
    const channels = [...loaded];
    const keys = channels.map(({ symbol }) => tickStreamKey(prefix, symbol));
    const ids = channels.map((channel) => entryId(channel.position()));
    const replies = await blocking
      .xread('COUNT', 1000, 'BLOCK', blockMs, 'STREAMS', ...keys, ...ids)
      .finally(() => silence?.heard());
    for (const [key, entries] of (replies ?? []) as [string, StreamEntry[]][]) {
      const channel = channels[keys.indexOf(key)]!;
      for (const entry of entries) channel.memory.add(decodeTick(channel.symbol, entry));
      channel.announce();
    }
  }

  return {
    async follow(symbol) {
      await channelOf(symbol);
    },
    latest: (symbol) => followed.get(symbol)?.channel.memory.newest(),
    async at({ symbol, sequence }, waitMs) {
      const channel = await channelOf(symbol);
      const deadline = AbortSignal.timeout(waitMs);
      while (channel.position() < sequence && (await channel.arrival(deadline)));
      const tick = channel.memory.at(sequence) ?? (await kept.at(symbol, sequence));
      if (tick) return tick;
      throw new DomainError('TICK_UNAVAILABLE', `Tick ${sequence} of ${symbol} is not available here`, {
        retryable: true,
        details: { symbol, sequence: String(sequence), latestSequence: String(channel.position()) },
      });
    },
    async *ticks(symbol, followOptions) {
      yield* followChannel(await channelOf(symbol), kept, followOptions);
    },
    remind: (symbol) => followed.get(symbol)?.channel.remind(),
    async close() {
      isClosed = true;
      silence?.close();
      await disconnectReader(blocking, reading);
    },
  };
}
