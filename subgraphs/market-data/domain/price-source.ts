/**
 * A source of one symbol, as it is called in every price that it has a part in. Symbols are metals in a currency
 * (`XAU-USD`) and rates of exchange (`USD-EUR`: euros for a dollar).
 */
export type PriceSource = {
  /** For example `swissquote`, `binance-paxg`. */
  name: string;
  symbol: string;
  /**
   * `spot`: the metal itself. `token`: something that follows it at a distance of its own and is traded around the clock.
   * `rate`: a rate of exchange.
   */
  kind: 'spot' | 'token' | 'rate';
  /** How much it counts beside other sources of the symbol, more than 0. */
  weight: number;
  /** Milliseconds that what it said holds, by its own clock and by ours. */
  freshForMs: number;
  /** Whether its times are of now. Those of a recording are not, and neither their age nor their rate means anything. */
  isLive: boolean;
};

/** A price as a source says it: a troy ounce of fine metal, or a rate; decimals as the source wrote them. */
export type SourceQuote = {
  /** The name of the source. */
  source: string;
  bid: string;
  /** The same as `bid` from a source that says one price only. */
  ask: string;
  /** When it was made: epoch milliseconds by the source's clock, or the time of arrival where the source says none. */
  time: number;
  /** Where a feed that can be resumed stands with this quote. */
  feedPosition?: string;
};

/** When something is looked at: `now` in epoch milliseconds, and whether the market is open then. */
export type MarketMoment = { now: number; isOpen: boolean };

/** How far a source's clock may be from ours, in milliseconds. */
export const clockSkewMs = 5_000;

/** When something was said or last confirmed, epoch milliseconds: by our clock, and by the source's. */
export type Heard = { heardAt: number; saidAt: number };

/** Until when something holds, by our clock: both clocks count, the source's only where its times are of now. Epoch milliseconds. */
export function holdsUntil({ freshForMs, isLive }: PriceSource, { heardAt, saidAt }: Heard): number {
  return freshForMs + (isLive ? Math.min(heardAt, saidAt + clockSkewMs) : heardAt);
}
