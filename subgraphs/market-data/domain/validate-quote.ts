import { Decimal } from '#shared/decimal.ts';
import { spreadBpsOf } from '#shared/ticks/tick.ts';
import { clockSkewMs, type PriceSource } from './price-source.ts';

/** A price of a symbol: a troy ounce of fine metal, decimals as text, `time` in epoch milliseconds by the feed's clock. */
export type Quote = { symbol: string; bid: string; ask: string; time: number };

/** What is wrong with a bid and an ask, wherever they come from. */
export type PriceProblem = 'UNREADABLE_PRICE' | 'NOT_POSITIVE' | 'CROSSED';

/** Why a quote is not taken, or not used. */
export type QuoteProblem =
  | PriceProblem
  | 'UNKNOWN_SOURCE'
  | 'UNREADABLE_TIME'
  /** Further ahead of our clock than clocks differ. */
  | 'FUTURE_TIME'
  /** Older than what the source said before. */
  | 'OUT_OF_ORDER'
  /** Older than what the source says holds: its clock or its data stands still. */
  | 'OLD_TIME'
  | 'WIDE_SPREAD'
  /** So far from what the source said before that it waits to be confirmed. */
  | 'JUMP'
  /** Too far from what the other sources say. */
  | 'TOO_FAR'
  /** Of a token beside spot prices, whose distance from them is not known yet. */
  | 'BASIS_UNKNOWN';

/** A plain decimal that fits the columns and sums that it goes into: no sign, no exponent, at most 12 + 7 digits. */
const pricePattern = /^\d{1,12}(\.\d{1,7})?$/;

/**
 * What is wrong with a bid and an ask by themselves; `undefined` when nothing is.
 * @param options.mayBeMid whether both may be the same, which is how a source is written down that says one price only
 */
export function problemOfPrices(
  { bid, ask }: { bid: string; ask: string },
  { mayBeMid = false } = {},
): PriceProblem | undefined {
  if (!pricePattern.test(bid) || !pricePattern.test(ask)) return 'UNREADABLE_PRICE';
  const lower = new Decimal(bid);
  if (lower.lte(0)) return 'NOT_POSITIVE';
  const order = lower.cmp(ask);
  return order < 0 || (order === 0 && mayBeMid) ? undefined : 'CROSSED';
}

/**
 * What is wrong with the time of a quote; `undefined` when nothing is. The times of a recording only have to be times.
 * @param moment.now when it arrived, epoch milliseconds
 * @param moment.lastTime the time of what the source said before
 */
export function problemOfTime(
  time: number,
  { isLive, freshForMs }: Pick<PriceSource, 'isLive' | 'freshForMs'>,
  { now, lastTime = 0 }: { now: number; lastTime?: number | undefined },
): QuoteProblem | undefined {
  if (!Number.isSafeInteger(time) || time <= 0) return 'UNREADABLE_TIME';
  if (!isLive) return undefined;
  if (time > now + clockSkewMs) return 'FUTURE_TIME';
  if (time < lastTime) return 'OUT_OF_ORDER';
  return time < now - freshForMs - clockSkewMs ? 'OLD_TIME' : undefined;
}

/** Whether the spread is wider than a limit in basis points of mid; exact where doubles are not sure. */
export function isTooWide(quote: { bid: string; ask: string }, maxSpreadBps: number): boolean {
  const [bid, ask] = [Number(quote.bid), Number(quote.ask)];
  const spreadBps = ((ask - bid) / (ask + bid)) * 20_000;
  return spreadBps > maxSpreadBps * 0.999 && spreadBpsOf(quote).gt(maxSpreadBps);
}
