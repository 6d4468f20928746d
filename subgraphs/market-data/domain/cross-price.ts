import { Decimal } from '#shared/decimal.ts';
import type { PriceQuality } from '#shared/ticks/tick.ts';
import type { ConsensusPrice } from './consensus-price.ts';
import type { Rate } from './rates.ts';

/** The price of a metal in another currency than the one in which it is quoted. */
export type CrossPrice = Omit<ConsensusPrice, 'feedPosition'> & {
  /** When it last moved: the newer of both parts' times, epoch milliseconds; absent where it is `time`. */
  movedAt?: number;
};

const fromBestToWorst: PriceQuality[] = ['GOOD', 'DEGRADED', 'INDICATIVE', 'STALE'];

/**
 * Gold in dollars times the dollar in euros is gold in euros: the bid at the bid rounded down, the ask at the ask rounded
 * up, so that it can be had for no less. Its `time` is the older of both parts', its quality the worse, and an old rate
 * makes it STALE.
 * @param metal the price, and what it is of: its sources are named beside those of the rate
 * @param decimals digits after the point; usually as many as a price of this size needs
 */
export function crossPrice(metal: ConsensusPrice & { symbol: string }, rate: Rate, decimals?: number): CrossPrice {
  const [bid, ask] = [rate.bid.times(metal.bid), rate.ask.times(metal.ask)];
  const digits = decimals ?? priceDecimals(bid);
  const time = Math.min(metal.time, rate.time);
  const movedAt = Math.max(metal.time, rate.time);
  const qualities = [metal.quality, rate.isFresh ? 'GOOD' : 'STALE'] as const;
  return {
    bid: bid.toDecimalPlaces(digits, Decimal.ROUND_DOWN).toFixed(digits),
    ask: ask.toDecimalPlaces(digits, Decimal.ROUND_UP).toFixed(digits),
    time,
    ...(movedAt !== time && { movedAt }),
    quality: fromBestToWorst.findLast((quality) => qualities.includes(quality))!,
    sources: [...metal.sources.map((source) => ({ symbol: metal.symbol, ...source })), ...rate.sources],
    freshSources: metal.freshSources,
  };
}

/**
 * Digits after the point that a price is calculated to, 0 to 4: a step is 0.01 bp of it or less, of prices below 100 at most
 * 0.1 bp down to 10. That gives gold 3 in dollars and none in rials, and silver 4 in dollars and 3 in yen.
 */
export function priceDecimals(price: Decimal): number {
  return Math.min(4, Math.max(0, 6 - price.e));
}
