import { Decimal } from '../decimal.ts';

/** How far a price can be relied on. GOOD: several fresh sources agree. DEGRADED: one source. INDICATIVE: no promise. STALE: old. */
export type PriceQuality = 'GOOD' | 'DEGRADED' | 'INDICATIVE' | 'STALE';

/** What one source said; `time` is the source's own, epoch milliseconds. */
export type TickSource = { name: string; bid: string; ask: string; time: number };

/** A price that has been accepted but not yet numbered. Prices are a troy ounce of fine metal in the instrument's currency, exact decimals as text. */
export type UnsequencedTick = {
  symbol: string;
  bid: string;
  ask: string;
  /** When the price was made, by its source's clock: epoch milliseconds. */
  time: number;
  /** When it arrived here: epoch milliseconds. */
  receivedAt: number;
  quality: PriceQuality;
  sources: TickSource[];
  /** Where a feed that can be resumed stands with this tick, for example the row of a file. */
  feedPosition?: string;
};

/** An accepted price. `sequence` counts up from 1 for each symbol without gaps; a safe integer. */
export type Tick = UnsequencedTick & { sequence: number };

/** The middle of bid and ask, exact. */
export function midOf(tick: { bid: string; ask: string }): Decimal {
  return new Decimal(tick.bid).plus(tick.ask).div(2);
}

/** The spread in basis points of mid, rounded half-even to 4 decimals. */
export function spreadBpsOf(tick: { bid: string; ask: string }): Decimal {
  return new Decimal(tick.ask).minus(tick.bid).div(midOf(tick)).times(10_000).toDecimalPlaces(4);
}
