import { pause } from '../waiting.ts';
import { DomainError } from '../errors.ts';
import type { TickChannel } from './tick-channel.ts';
import type { TickMemory } from './tick-memory.ts';
import type { TickReader } from './tick-reader.ts';
import type { Tick } from './tick.ts';

export type FollowOptions = { after?: number; minIntervalMs?: number; signal: AbortSignal };

/** Ticks that are read from the stream at once when memory does not reach back far enough. */
const pieceSize = 500;

/**
 * The ticks of a channel without gap or repeat, until the signal aborts: the latest and then each new one, or what
 * followed `after` and then each new one. It holds only the sequence where it stands, however slow its consumer is.
 * @throws DomainError SEQUENCE_TOO_OLD with `oldestSequence`, or SEQUENCE_AHEAD with `latestSequence`
 */
export async function* followChannel(
  channel: TickChannel,
  reader: TickReader,
  { after, minIntervalMs = 0, signal }: FollowOptions,
): AsyncGenerator<Tick, void, void> {
  if (after !== undefined) await checkResumable(channel, reader, after);
  let position = after ?? Math.max(0, channel.position() - 1);
  while (!signal.aborted) {
    if (minIntervalMs > 0) position = Math.max(position, channel.position() - 1);
    for (const tick of await ticksBehind(channel, reader, position)) {
      if (signal.aborted) return;
      yield tick;
      position = tick.sequence;
      if (minIntervalMs > 0) break;
    }
    if (minIntervalMs > 0 && (await pause(minIntervalMs, signal))) return;
    if (channel.position() <= position && !(await channel.arrival(signal))) return;
  }
}

/** Ticks behind a position: from memory when it reaches back that far, else a piece from the stream. */
async function ticksBehind(
  { memory, symbol }: TickChannel,
  reader: TickReader,
  position: number,
): Promise<Iterable<Tick>> {
  const oldest = memory.oldest();
  if (oldest && oldest.sequence > position + 1) {
    const kept = await reader.after(symbol, position, pieceSize);
    if (kept.length > 0) return kept;
  }
  return inMemory(memory, position);
}

function* inMemory(memory: TickMemory, position: number): Generator<Tick, void, void> {
  for (let tick = memory.next(position); tick; tick = memory.next(tick.sequence)) yield tick;
}

async function checkResumable(channel: TickChannel, reader: TickReader, after: number): Promise<void> {
  const { symbol } = channel;
  const latest = channel.position();
  const latestSequence = String(latest);
  if (after > latest) {
    throw new DomainError(
      'SEQUENCE_AHEAD',
      `${symbol} has not reached sequence ${after}; subscribe without \`after\``,
      {
        details: { latestSequence },
      },
    );
  }
  if (after === latest || channel.memory.at(after + 1)) return;
  const oldest = (await reader.oldest(symbol))?.sequence ?? latest;
  if (after + 1 < oldest) {
    throw new DomainError(
      'SEQUENCE_TOO_OLD',
      `Ticks of ${symbol} are kept from sequence ${oldest}; subscribe without \`after\``,
      {
        details: { oldestSequence: String(oldest), latestSequence },
      },
    );
  }
}
