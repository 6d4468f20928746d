import { Decimal } from '../decimal.ts';

/** How far a price can be relied on. GOOD: several fresh sources agree. DEGRADED: one source. INDICATIVE: no promise. STALE: old. */
export type PriceQuality = 'GOOD' | 'DEGRADED' | 'INDICATIVE' | 'STALE';

/** What one source said; `time` is the source's own, epoch milliseconds. */
export type TickSource = {
  name: string;
  /** What it quoted, where that is not the tick's own symbol: the parts of a cross price, such as `XAU-USD` and `USD-EUR`. */
  symbol?: string;
  bid: string;
  ask: string;
  time: number;
  /** Basis points of the spot price that the source is usually above it, taken off before its price is used; absent where 0. */
  basisBps?: string;
};

/** The price moves too fast (DEGRADED), or so fast or on so few sources that nothing may be promised on it (HALTED). */
export type Breaker = {
  state: 'DEGRADED' | 'HALTED';
  /** In words for people. */
  reason: string;
  /** When it ends by itself, epoch milliseconds; null where it lasts until a tick says otherwise. */
  until: number | null;
};

/** A price that has been accepted but not yet numbered. Prices are a troy ounce of fine metal in the instrument's currency, exact decimals as text. */
export type UnsequencedTick = {
  symbol: string;
  bid: string;
  ask: string;
  /** When the price was made, by its source's clock; of a cross price the older of its parts' times. Epoch milliseconds. */
  time: number;
  /** When a cross price last moved: the newer of its parts' times, epoch milliseconds. Absent where it is `time`. */
  movedAt?: number;
  /** When it arrived here: epoch milliseconds. */
  receivedAt: number;
  quality: PriceQuality;
  sources: TickSource[];
  /** What the circuit breaker says of this price; absent while it says nothing. */
  breaker?: Breaker;
  /** Where a feed that can be resumed stands with this tick, for example the row of a file. */
  feedPosition?: string;
};

/** An accepted price. `sequence` counts up from 1 for each symbol without gaps; a safe integer. */
export type Tick = UnsequencedTick & { sequence: number };

/** The instant that a price belongs to in the history: when it last moved. Epoch milliseconds. */
export function movedAtOf(tick: Pick<Tick, 'time' | 'movedAt'>): number {
  return tick.movedAt ?? tick.time;
}

/** Whether the breaker forbids promises on this price at `now`. */
export function isHalted({ breaker }: Pick<Tick, 'breaker'>, now: number): boolean {
  return breaker?.state === 'HALTED' && (breaker.until === null || now < breaker.until);
}

/** The middle of bid and ask, exact. */
export function midOf(tick: { bid: string; ask: string }): Decimal {
  return new Decimal(tick.bid).plus(tick.ask).div(2);
}

/** The spread in basis points of mid, rounded half-even to 4 decimals. */
export function spreadBpsOf(tick: { bid: string; ask: string }): Decimal {
  return new Decimal(tick.ask).minus(tick.bid).div(midOf(tick)).times(10_000).toDecimalPlaces(4);
}
