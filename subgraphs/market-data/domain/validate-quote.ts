import { Decimal } from '#shared/decimal.ts';
import { spreadBpsOf } from '#shared/ticks/tick.ts';

/** A price as a feed says it: a troy ounce of fine metal, decimals as text, `time` in epoch milliseconds by the feed's clock. */
export type Quote = { symbol: string; bid: string; ask: string; time: number };

/** Why a quote is not taken. */
export type QuoteProblem =
  'UNREADABLE_PRICE' | 'NOT_POSITIVE' | 'CROSSED' | 'WIDE_SPREAD' | 'UNREADABLE_TIME' | 'FUTURE_TIME';

/** A plain decimal that fits the columns and sums that it goes into: no sign, no exponent, at most 12 + 7 digits. */
const pricePattern = /^\d{1,12}(\.\d{1,7})?$/;

/** How far a feed's clock may be ahead of ours, in milliseconds. */
const clockSkewMs = 5_000;

/** What is wrong with a bid and an ask by themselves; `undefined` when nothing is. */
export function problemOfPrices({ bid, ask }: { bid: string; ask: string }): QuoteProblem | undefined {
  if (!pricePattern.test(bid) || !pricePattern.test(ask)) return 'UNREADABLE_PRICE';
  const lower = new Decimal(bid);
  if (lower.lte(0)) return 'NOT_POSITIVE';
  return lower.gte(ask) ? 'CROSSED' : undefined;
}

/**
 * Whether a quote may become a tick; `undefined` when nothing is wrong with it.
 * @param limits.maxSpreadBps widest spread in basis points of mid
 * @param limits.receivedAt when the quote arrived, epoch milliseconds
 */
export function problemOfQuote(
  quote: Quote,
  limits: { maxSpreadBps: number; receivedAt: number },
): QuoteProblem | undefined {
  const problem = problemOfPrices(quote);
  if (problem) return problem;
  if (!Number.isSafeInteger(quote.time) || quote.time <= 0) return 'UNREADABLE_TIME';
  if (quote.time > limits.receivedAt + clockSkewMs) return 'FUTURE_TIME';
  return spreadBpsOf(quote).gt(limits.maxSpreadBps) ? 'WIDE_SPREAD' : undefined;
}
