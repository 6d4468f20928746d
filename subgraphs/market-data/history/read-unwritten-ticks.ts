import { DomainError } from '#shared/errors.ts';
import type { Logger } from '#shared/logger.ts';
import type { TickFollower } from '#shared/ticks/tick-follower.ts';
import type { Tick } from '#shared/ticks/tick.ts';
import { pause } from '#shared/waiting.ts';

const retryMs = 1_000;

/**
 * The ticks of a symbol behind a sequence in ascending order, without end, whatever happens to Redis: what cannot be read
 * is tried again, and what is no longer kept anywhere is left out and said so. Ends when the signal aborts.
 */
export async function* readUnwrittenTicks(options: {
  follower: Pick<TickFollower, 'ticks'>;
  symbol: string;
  after: number;
  signal: AbortSignal;
  logger: Logger;
}): AsyncGenerator<Tick, void, void> {
  const { follower, symbol, signal, logger } = options;
  let { after } = options;
  while (!signal.aborted) {
    try {
      for await (const tick of follower.ticks(symbol, { after, signal })) {
        if (tick.sequence <= after) continue;
        after = tick.sequence;
        yield tick;
      }
    } catch (error) {
      after = await placeAfter(error, after);
    }
  }

  /** Where to read on when reading was refused. */
  async function placeAfter(error: unknown, position: number): Promise<number> {
    const refusal = error instanceof DomainError ? error : undefined;
    const oldest = Number(refusal?.details.oldestSequence);
    if (refusal?.code === 'SEQUENCE_TOO_OLD' && oldest - 1 > position) {
      logger.warn({ symbol, from: position, oldest }, 'ticks are no longer kept; reading goes on behind them');
      return oldest - 1;
    }
    // A stream that was lost is filled again, or goes on further on: until then there is nothing to read.
    if (refusal?.code !== 'SEQUENCE_AHEAD')
      logger.error({ err: error, symbol }, 'ticks could not be read; trying again');
    await pause(retryMs, signal);
    return position;
  }
}
