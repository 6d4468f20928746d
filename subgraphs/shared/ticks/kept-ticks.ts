import { DomainError } from '../errors.ts';
import type { Logger } from '../logger.ts';
import type { TickChannel } from './tick-channel.ts';
import type { TickHistory } from './tick-history.ts';
import { inMemory } from './tick-memory.ts';
import type { TickReader } from './tick-reader.ts';
import type { Tick } from './tick.ts';

/** Ticks that a process does not hold in memory: those of the stream, and behind its beginning those of the history. */
export type KeptTicks = {
  /**
   * What follows a position, oldest first: one piece, and never one that begins behind ticks which are kept elsewhere.
   * Empty where nothing follows, or the stream is lost: it is filled again before the next tick goes out.
   * @throws DomainError SEQUENCE_TOO_OLD with `oldestSequence`; TICK_UNAVAILABLE, retryable, while the history cannot be read
   */
  behind(channel: TickChannel, position: number): Promise<Iterable<Tick>>;
  /** One tick. @throws DomainError TICK_UNAVAILABLE, retryable, while the history cannot be read */
  at(symbol: string, sequence: number): Promise<Tick | undefined>;
  /** Whether the history holds this sequence or a later one. @throws DomainError as `at` */
  hasReached(symbol: string, sequence: number): Promise<boolean>;
};

/** Ticks that are read at once. */
const pieceSize = 500;

export function createKeptTicks(options: {
  reader: TickReader;
  history: TickHistory | undefined;
  logger: Logger;
}): KeptTicks {
  const { reader, history, logger } = options;

  async function readHistory<T>(symbol: string, read: (history: TickHistory) => Promise<T>): Promise<T | undefined> {
    if (!history) return undefined;
    try {
      return await read(history);
    } catch (cause) {
      logger.error({ err: cause, symbol }, 'the history of ticks cannot be read');
      throw new DomainError('TICK_UNAVAILABLE', `Older ticks of ${symbol} cannot be read now`, {
        retryable: true,
        details: { symbol },
        cause,
      });
    }
  }

  async function behind(channel: TickChannel, position: number): Promise<Iterable<Tick>> {
    const { symbol, memory } = channel;
    const begin = (await reader.oldest(symbol))?.sequence;
    if (begin === undefined || begin > position + 1) {
      // Read after the stream's beginning, so that what has left the stream by then is here.
      const piece = await readHistory(symbol, (kept) => kept.after(symbol, position, pieceSize));
      const older = (piece ?? []).filter(({ sequence }) => begin === undefined || sequence < begin);
      if (older[0]?.sequence === position + 1) return older;
      if (older.length === 0 && begin === undefined) return [];
      await refuseTooOld(channel, position, begin);
      if (older.length > 0) return older;
      // What was lost with the stream before it came into the history may still be remembered.
      const remembered = memory.next(position);
      if (remembered && remembered.sequence < begin!) return inMemory(memory, remembered.sequence - 1);
    }
    const piece = await reader.after(symbol, position, pieceSize);
    if (piece[0]?.sequence === position + 1) return piece;
    const beginsNow = (await reader.oldest(symbol))?.sequence ?? Infinity;
    // Where the stream has been cut, or lost, while it was read, what is missing has to be looked for.
    return beginsNow <= Math.max(begin!, position + 1) ? piece : behind(channel, position);
  }

  /** A number that is missing is not a lost tick, as long as something from before it is still kept. */
  async function refuseTooOld({ symbol, memory, position }: TickChannel, after: number, begin?: number): Promise<void> {
    const inHistory = await readHistory(symbol, (kept) => kept.oldestSequence(symbol));
    const known = [begin, inHistory, memory.oldest()?.sequence].filter((sequence) => sequence !== undefined);
    const oldest = Math.min(...known);
    if (oldest <= after + 1) return;
    throw new DomainError(
      'SEQUENCE_TOO_OLD',
      `Ticks of ${symbol} are kept from sequence ${oldest}; subscribe without \`after\``,
      { details: { oldestSequence: String(oldest), latestSequence: String(position()) } },
    );
  }

  return {
    behind,
    at: async (symbol, sequence) =>
      (await reader.at(symbol, sequence)) ?? readHistory(symbol, (kept) => kept.at(symbol, sequence)),
    async hasReached(symbol, sequence) {
      const piece = await readHistory(symbol, (kept) => kept.after(symbol, sequence - 1, 1));
      return piece !== undefined && piece.length > 0;
    },
  };
}
