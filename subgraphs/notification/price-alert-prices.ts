import { DomainError } from '#shared/errors.ts';
import type { TickFollower } from '#shared/ticks/tick-follower.ts';
import type { TickReader } from '#shared/ticks/tick-reader.ts';
import type { Tick } from '#shared/ticks/tick.ts';
import { inTime } from '#shared/waiting.ts';

/** The latest ticks, for alerts that are being created. */
export type LatestPrices = {
  /**
   * The latest tick of a symbol; `undefined` where there is none. A symbol that was asked for before is answered from
   * memory, also while Redis is away: then nobody knows a newer one.
   * @throws DomainError PRICE_UNAVAILABLE, retryable, when a symbol is asked for the first time while Redis is away
   */
  latest(symbol: string): Promise<Tick | undefined>;
};

/** @param options.waitMs milliseconds that Redis is waited for at most */
export function createLatestPrices(options: {
  follower: TickFollower;
  reader: TickReader;
  waitMs: number;
}): LatestPrices {
  const { follower, reader, waitMs } = options;
  return {
    async latest(symbol) {
      const followed = follower.latest(symbol);
      if (followed) return followed;
      // What has no ticks is not followed: anybody could have any number of symbols followed.
      const read = await inTime(
        reader.latest(symbol).then((tick) => ({ tick })),
        waitMs,
      );
      if (!read) throw priceUnavailable(symbol);
      if (read.tick) await inTime(follower.follow(symbol), waitMs);
      return follower.latest(symbol) ?? read.tick;
    },
  };
}

/** A price that exists is not known now. */
export function priceUnavailable(symbol: string): DomainError {
  return new DomainError('PRICE_UNAVAILABLE', `The price of ${symbol} is not available now`, {
    retryable: true,
    details: { symbol },
  });
}
