import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import type { Logger } from '../logger.ts';
import { encodeTick, entryFields, entryId, isWrittenBy, sequenceOf, tickStreamKey } from './tick-entry.ts';
import { createTickMemory, type TickMemory } from './tick-memory.ts';
import { createTickReader } from './tick-reader.ts';
import type { Tick, UnsequencedTick } from './tick.ts';

export type TickWriter = {
  /**
   * Takes up a symbol where its stream ends. Required before its first tick.
   * @param known what is known from elsewhere: a `ceiling` that no sequence ever exceeded, and a sequence that the stream
   *   has reached `atLeast`; where the stream is gone or ends before that, the writer continues behind the ceiling
   * @returns the newest tick of the stream
   */
  open(symbol: string, known: { ceiling: number; atLeast: number }): Promise<Tick | undefined>;
  /**
   * Numbers ticks of opened symbols, in their order, and appends them to their streams. Waits while Redis is away.
   * @throws NotLeadingError when the writer's lease is not held: nothing was appended
   */
  publish(ticks: UnsequencedTick[]): Promise<Tick[]>;
  /** Says that ticks up to a sequence are kept elsewhere: the stream may let them go, but for the newest `keep`. */
  release(symbol: string, upTo: number): Promise<void>;
  /** Ticks of a symbol that nobody has released yet: beyond `keepAtMost` the stream lets them go nevertheless. */
  unreleased(symbol: string): number;
  /** The last sequence given out; 0 before the first. */
  lastSequence(symbol: string): number;
};

/** Another writer may be at work: this one's lease has run out, or is gone together with everything in Redis. */
export class NotLeadingError extends Error {
  override name = 'NotLeadingError';
}

/** A lease in Redis, by which one of several writers leads: appending asks for it at the moment of writing. */
export type WriterLease = { key: string; holder: string };

/**
 * Appends a batch only where the stream ends with the id that the writer believes it ends with, else answers with the id
 * that it ends with: so a batch is there as a whole or not at all, and two writers can never give out one sequence twice.
 * Where the writer has a lease, only while it holds it: one that was paused for longer writes nothing into the time of the next.
 */
const appendScript = `
if KEYS[2] and redis.call('GET', KEYS[2]) ~= ARGV[4] then return 'NOT LEADING' end
local last = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)
local lastId = last[1] and last[1][1] or '0-0'
if lastId ~= ARGV[1] then return lastId end
for i = 5, #ARGV, 2 do
  redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[2], ARGV[i], '${entryFields.tick}', ARGV[i + 1], '${entryFields.writer}', ARGV[3])
end
return 'OK'`;

type SymbolState = {
  memory: TickMemory;
  /** The last sequence that was given out, and the last that was released. */
  last: number;
  released: number;
  /** Batches go out one after the other: a batch begins where the one before it has ended. */
  underWay: Promise<unknown>;
};

/** Ticks that are appended at once when a lost stream is filled again. */
const refillSize = 500;

/**
 * The one place where sequences are given out. A stream that has vanished (Redis flushed or restarted empty) is filled
 * again from memory before the next tick goes out, so that readers who had not yet read everything lose nothing.
 * @param options.keep ticks of a symbol that its stream keeps at least, and that are held in memory for refilling
 * @param options.keepAtMost ticks that are kept while they have not been released; without it none needs to be
 * @param options.lease without which nothing is appended, for writers that may not be the only ones
 */
export function createTickWriter(options: {
  redis: Redis;
  prefix: string;
  keep: number;
  keepAtMost?: number;
  lease?: WriterLease;
  logger: Logger;
}): TickWriter {
  const { redis, prefix, keep, keepAtMost, lease, logger } = options;
  const writerId = randomUUID();
  const reader = createTickReader({ redis, prefix });
  const states = new Map<string, SymbolState>();
  const stateOf = (symbol: string) => {
    const state = states.get(symbol);
    if (!state) throw new Error(`${symbol} was not opened`);
    return state;
  };

  async function append(key: string, lastId: string, ticks: Tick[]): Promise<string> {
    const entries = ticks.flatMap((tick) => [entryId(tick.sequence), encodeTick(tick)]);
    const keys = lease ? [key, lease.key] : [key];
    const values = [lastId, keepAtMost ?? keep, writerId, lease?.holder ?? '', ...entries];
    const reply = (await redis.eval(appendScript, keys.length, ...keys, ...values)) as string;
    if (reply === 'NOT LEADING') throw new NotLeadingError('The lease of this writer is not held');
    return reply;
  }

  async function publishSymbol(symbol: string, unsequenced: UnsequencedTick[]): Promise<Tick[]> {
    const state = stateOf(symbol);
    for (;;) {
      const ticks = unsequenced.map((tick, index) => ({ ...tick, sequence: state.last + index + 1 }));
      const newest = ticks.at(-1)!;
      const endsWith = await append(
        tickStreamKey(prefix, symbol),
        entryId(state.memory.newest()?.sequence ?? 0),
        ticks,
      );
      if (endsWith === 'OK' || (await isOurs(symbol, newest, endsWith))) {
        for (const tick of ticks) state.memory.add(tick);
        state.last = newest.sequence;
        return ticks;
      }
      await catchUp(symbol, endsWith);
    }
  }

  /** Whether a refused batch is there after all: its append arrived, but the reply was lost and it was sent again. */
  async function isOurs(symbol: string, newest: Tick, endsWith: string): Promise<boolean> {
    if (endsWith !== entryId(newest.sequence)) return false;
    const [entry] = await redis.xrange(tickStreamKey(prefix, symbol), endsWith, endsWith);
    return entry !== undefined && isWrittenBy(writerId, entry);
  }

  /** Brings the writer and a stream that ends elsewhere than it believed into agreement. */
  async function catchUp(symbol: string, endsWith: string): Promise<void> {
    const state = stateOf(symbol);
    if (sequenceOf(endsWith) === 0) {
      logger.warn({ symbol, refilled: state.memory.size() }, 'the tick stream was lost; filling it again');
      await refill(symbol, state.memory.all());
      return;
    }
    const missing = state.memory.all().filter(({ sequence }) => sequence > sequenceOf(endsWith));
    if (missing.length > 0) {
      // Redis came back as it was some time ago: what it has forgotten follows first.
      logger.warn(
        { symbol, from: endsWith, missing: missing.length },
        'the tick stream lost its end; appending it again',
      );
      await appendInPieces(tickStreamKey(prefix, symbol), sequenceOf(endsWith), missing);
      return;
    }
    logger.warn({ symbol, from: state.last, to: endsWith }, 'the tick stream ends elsewhere; continuing behind it');
    state.memory = await remember(symbol, 0);
    state.last = Math.max(state.last, state.memory.newest()?.sequence ?? 0);
  }

  /** The newest ticks of a stream, with all that are not kept elsewhere: those behind `atLeast`. */
  async function remember(symbol: string, atLeast: number): Promise<TickMemory> {
    const memory = createTickMemory(keep, keepAtMost);
    memory.release(atLeast);
    const last = (await reader.latest(symbol))?.sequence ?? 0;
    const count = Math.max(keep, Math.min(last - atLeast, keepAtMost ?? keep));
    for (const tick of await reader.newest(symbol, count)) memory.add(tick);
    return memory;
  }

  /**
   * Writes what is remembered beside the stream, in pieces that do not hold Redis up, and puts it in place as a whole: a
   * stream that ended in the middle would give out its sequences again. Whoever else has begun the stream keeps it.
   */
  async function refill(symbol: string, ticks: Tick[]): Promise<void> {
    const key = tickStreamKey(prefix, symbol);
    const draft = `${key}:refill:${writerId}`;
    await redis.del(draft);
    await appendInPieces(draft, 0, ticks);
    if (ticks.length > 0) await redis.renamenx(draft, key).catch(ignoreMissingDraft);
    await redis.del(draft);
  }

  async function appendInPieces(key: string, behind: number, ticks: Tick[]): Promise<void> {
    for (let start = 0; start < ticks.length; start += refillSize) {
      const previous = ticks[start - 1]?.sequence ?? behind;
      await append(key, entryId(previous), ticks.slice(start, start + refillSize));
    }
  }

  return {
    async open(symbol, { ceiling, atLeast }) {
      const memory = await remember(symbol, atLeast);
      const newest = memory.newest();
      const isWhole = newest !== undefined && newest.sequence >= atLeast;
      const last = isWhole ? newest.sequence : Math.max(ceiling, atLeast);
      states.set(symbol, { memory, last, released: isWhole ? atLeast : last, underWay: Promise.resolve() });
      return newest;
    },
    async publish(ticks) {
      const groups = [...Map.groupBy(ticks, (tick) => tick.symbol)];
      const published = groups.map(([symbol, group]) => {
        const state = stateOf(symbol);
        const batch = state.underWay.then(() => publishSymbol(symbol, group));
        state.underWay = batch.catch(() => undefined);
        return batch;
      });
      return (await Promise.all(published)).flat();
    },
    async release(symbol, upTo) {
      const state = stateOf(symbol);
      const { memory, last } = state;
      state.released = Math.max(state.released, upTo);
      memory.release(upTo);
      const oldestKept = Math.min(upTo, last - keep) + 1;
      if (oldestKept > 1) await redis.xtrim(tickStreamKey(prefix, symbol), 'MINID', '~', entryId(oldestKept));
    },
    unreleased: (symbol) => stateOf(symbol).last - stateOf(symbol).released,
    lastSequence: (symbol) => states.get(symbol)?.last ?? 0,
  };
}

/** Redis may have been flushed once more while the draft was written; the next append finds that out. */
function ignoreMissingDraft(error: Error): void {
  if (!error.message.includes('no such key')) throw error;
}
