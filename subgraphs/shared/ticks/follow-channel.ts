import { DomainError } from '../errors.ts';
import type { KeptTicks } from './kept-ticks.ts';
import type { TickChannel } from './tick-channel.ts';
import { holdsAllBehind, inMemory } from './tick-memory.ts';
import type { Tick } from './tick.ts';

export type FollowOptions = {
  after?: number | undefined;
  /** At least this many milliseconds apart, the latest tick each time. */
  minIntervalMs?: number | undefined;
  /**
   * Whether the latest tick is to be given, once more or ahead of the interval, although no tick has followed it. Asked
   * when nothing is left to give, and again after each `remind`; what it says yes to is given.
   */
  isDueAgain?: ((latest: Tick) => boolean) | undefined;
  signal: AbortSignal;
};

/**
 * The ticks of a channel without gap or repeat, until the signal aborts: the latest and then each new one, or what
 * followed `after` and then each new one. It holds no more than the piece that it reads, however slow its consumer is.
 * @throws DomainError SEQUENCE_TOO_OLD with `oldestSequence`, SEQUENCE_AHEAD with `latestSequence`, or TICK_UNAVAILABLE,
 *   retryable, while older ticks cannot be read
 */
export async function* followChannel(
  channel: TickChannel,
  kept: KeptTicks,
  { after, minIntervalMs = 0, isDueAgain = () => false, signal }: FollowOptions,
): AsyncGenerator<Tick, void, void> {
  const { memory } = channel;
  const isPaced = minIntervalMs > 0;
  if (after !== undefined) await refuseAhead(channel, kept, after);
  else if (!memory.newest() && !(await channel.arrival(signal))) return;
  let position = after ?? Math.max(0, channel.position() - 1);
  while (!signal.aborted) {
    if (isPaced) position = Math.max(position, channel.position() - 1);
    const [begin, known] = [position, channel.position()];
    for (const tick of await ticksBehind(channel, kept, position, isPaced)) {
      if (signal.aborted) return;
      yield tick;
      position = tick.sequence;
      if (!isPaced) continue;
      if (!(await channel.rest(minIntervalMs, signal))) return;
      break;
    }
    const latest = memory.newest();
    if (latest && (latest.sequence === position || (isPaced && latest.sequence > position)) && isDueAgain(latest)) {
      yield latest;
      position = latest.sequence;
      if (isPaced && !(await channel.rest(minIntervalMs, signal))) return;
    } else if (position === begin && channel.position() === known) {
      if (!(await channel.arrival(signal))) return;
    }
  }
}

/** Ticks behind a position: from memory where it reaches back that far, else a piece of what is kept elsewhere. */
async function ticksBehind(
  channel: TickChannel,
  kept: KeptTicks,
  position: number,
  isPaced: boolean,
): Promise<Iterable<Tick>> {
  const { memory } = channel;
  // Who asks for fewer ticks is given the latest, which is in memory if there is one.
  return isPaced || holdsAllBehind(memory, position) ? inMemory(memory, position) : kept.behind(channel, position);
}

async function refuseAhead(channel: TickChannel, kept: KeptTicks, after: number): Promise<void> {
  const { symbol } = channel;
  if (after <= channel.position() || (await kept.hasReached(symbol, after))) return;
  throw new DomainError('SEQUENCE_AHEAD', `${symbol} has not reached sequence ${after}; subscribe without \`after\``, {
    details: { latestSequence: String(channel.position()) },
  });
}
