import { DomainError } from '#shared/errors.ts';
import type { Logger } from '#shared/logger.ts';
import type { TickFollower } from '#shared/ticks/tick-follower.ts';
import type { TickReference } from '#shared/ticks/tick-reference.ts';
import type { Tick } from '#shared/ticks/tick.ts';
import { inTime } from '#shared/waiting.ts';

/** The market as pricing sees it: in memory, at the latest tick or at a given one. */
export type MarketTicks = {
  /** Begins to follow symbols, without waiting. */
  follow(symbols: Iterable<string>): void;
  /**
   * The latest tick of a symbol.
   * @throws DomainError PRICE_UNAVAILABLE where none has arrived
   */
  latest(symbol: string): Promise<Tick>;
  /**
   * The tick that a reference names; one that is still on its way is waited for.
   * @throws DomainError TICK_UNAVAILABLE when it does not come in time
   */
  at(reference: TickReference): Promise<Tick>;
  /** See TickFollower.ticks. */
  ticks: TickFollower['ticks'];
};

/** Reading a tick that memory no longer holds from Redis takes this many milliseconds longer at most. */
const readMs = 1_000;

/** @param options.waitMs milliseconds that a tick is waited for at most */
export function createMarketTicks(options: { follower: TickFollower; waitMs: number; logger: Logger }): MarketTicks {
  const { follower, waitMs, logger } = options;
  return {
    follow(symbols) {
      for (const symbol of symbols) {
        follower.follow(symbol).catch((err: unknown) => logger.warn({ err, symbol }, 'ticks could not be followed'));
      }
    },
    async latest(symbol) {
      // Once a symbol is followed this waits for nothing: while Redis is away memory has the latest that anybody knows.
      const tick = await inTime(followed(symbol), waitMs);
      if (tick) return tick;
      throw new DomainError('PRICE_UNAVAILABLE', `There is no price of ${symbol} yet`, {
        retryable: true,
        details: { symbol },
      });
    },
    async at(reference) {
      // Reading from Redis waits for ever while it is away.
      const tick = await inTime(follower.at(reference, waitMs), waitMs + readMs);
      if (tick) return tick;
      throw new DomainError(
        'TICK_UNAVAILABLE',
        `Tick ${reference.sequence} of ${reference.symbol} cannot be read now`,
        {
          retryable: true,
          details: { symbol: reference.symbol, sequence: String(reference.sequence) },
        },
      );
    },
    ticks: follower.ticks,
  };

  async function followed(symbol: string): Promise<Tick | undefined> {
    await follower.follow(symbol);
    return follower.latest(symbol);
  }
}
