import { DomainError } from '#shared/errors.ts';
import type { Logger } from '#shared/logger.ts';
import type { TickFollower } from '#shared/ticks/tick-follower.ts';
import type { Tick } from '#shared/ticks/tick.ts';
import { pause } from '#shared/waiting.ts';

/** The ticks of one symbol as alerts are judged by them: in ascending sequence, none twice, whatever happens to Redis. */
export type PriceAlertTicks = {
  /** Each tick behind a sequence, until the signal aborts. Those that are no longer kept are left out. */
  behind(sequence: number): AsyncGenerator<Tick, void, void>;
  /**
   * The ticks behind a sequence up to another one that has been read already, or those of them that are still kept.
   * @throws DomainError SEQUENCE_AHEAD where the stream is gone and not filled again yet
   */
  between(sequence: number, upTo: number): AsyncGenerator<Tick, void, void>;
};

const retryMs = 1_000;

export function createPriceAlertTicks(options: {
  symbol: string;
  follower: Pick<TickFollower, 'ticks'>;
  signal: AbortSignal;
  logger: Logger;
}): PriceAlertTicks {
  const { symbol, follower, signal, logger } = options;

  /** Where to read on after a refusal: behind what is no longer kept, or from the first tick of a stream that began anew. */
  async function placeAfter(error: unknown): Promise<number | undefined> {
    if (error instanceof DomainError && error.code === 'SEQUENCE_AHEAD') return 0;
    const oldest = oldestOf(error);
    if (oldest !== undefined) {
      logger.warn({ symbol, oldest }, 'ticks are no longer kept; alerts are judged by the next one that is');
      return oldest - 1;
    }
    logger.error({ err: error, symbol }, 'reading ticks for alerts failed; trying again');
    await pause(retryMs, signal);
    return undefined;
  }

  return {
    async *behind(sequence) {
      let last = sequence;
      let after = sequence;
      while (!signal.aborted) {
        const ticks = follower.ticks(symbol, { after, signal });
        for (;;) {
          const next = await ticks.next().catch(placeAfter);
          if (signal.aborted) return;
          if (typeof next !== 'object' || next.done) {
            after = typeof next === 'number' ? next : last;
            break;
          }
          if (next.value.sequence <= last) continue;
          last = next.value.sequence;
          yield next.value;
        }
      }
    },
    async *between(sequence, upTo) {
      let after = sequence;
      while (after < upTo) {
        try {
          for await (const tick of follower.ticks(symbol, { after, signal })) {
            if (tick.sequence <= upTo) yield tick;
            if (tick.sequence >= upTo) return;
          }
          return;
        } catch (error) {
          const oldest = oldestOf(error);
          if (oldest === undefined) throw error;
          after = oldest - 1;
        }
      }
    },
  };
}

/** The oldest sequence that is kept, where the refusal is that an older one is not. */
function oldestOf(error: unknown): number | undefined {
  const isTooOld = error instanceof DomainError && error.code === 'SEQUENCE_TOO_OLD';
  return isTooOld ? Number(error.details.oldestSequence) : undefined;
}
