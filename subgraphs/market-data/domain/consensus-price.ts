import type { PriceQuality, TickSource } from '#shared/ticks/tick.ts';
import { agreeing, type Voice } from './agreement.ts';
import { medianOfSides, sidesOf } from './price-sides.ts';
import type { Said } from './source-track.ts';

/** What quotes are held to; distances in basis points. */
export type ConsensusLimits = {
  maxSpreadBps: number;
  /** How far a source may jump without being confirmed; or 8 times its usual distance of the last minute. */
  maxJumpBps: number;
  /** How far prices may be apart that agree. */
  maxDistanceBps: number;
  /** The spread that a mid price is given where no source says a bid and an ask; more than 0, usually 3. */
  midSpreadBps: number;
  /** Digits after the point of published prices that had to be calculated; more only where they would be none apart. */
  decimals: number;
};

/** The price that several sources make together. Bid and ask are exact decimals as text. */
export type ConsensusPrice = {
  bid: string;
  ask: string;
  /** The newest time among the sources that it is made of, by their own clocks: epoch milliseconds. */
  time: number;
  quality: PriceQuality;
  /** What each of them said, in the order in which the sources were given. */
  sources: TickSource[];
  /** How many they are: fresh sources that agree. */
  freshSources: number;
  feedPosition?: string;
};

/** A fresh source as it is heard beside others. */
export type Speaker = Voice & {
  said: Said;
  /** Of a token: basis points above the spot price as text with 4 decimals; undefined where they are not known, or of no token. */
  basisBps: string | undefined;
};

/**
 * The price of what fresh sources say: without those that are far from the others, and without tokens whose basis is not
 * known where anything else is known. GOOD of several sources with a bid and an ask of the metal among them; DEGRADED where
 * that is the only one, or where it could not be told who is right; INDICATIVE without it, and while the market is closed.
 * @param fresh at least one
 */
export function makePrice(
  fresh: readonly Speaker[],
  { limits, isOpen, lastMid }: { limits: ConsensusLimits; isOpen: boolean; lastMid: number | undefined },
): ConsensusPrice {
  const known = fresh.filter(({ rank, basisBps }) => rank > 0 || basisBps !== undefined);
  const { agreed, isDisputed } = agreeing(known.length > 0 ? known : fresh, { ...limits, lastMid });
  const spreadBps = usualSpreadBps(agreed) ?? limits.midSpreadBps;
  const prices = agreed.map(({ said: { quote, isMidOnly }, basisBps, weight }) => ({
    value: sidesOf({ bid: quote.bid, ask: quote.ask, isMidOnly, basisBps, spreadBps }, limits.decimals),
    weight,
  }));
  const isFirm = isOpen && agreed.some(({ rank }) => rank === 2);
  const feedPosition = agreed.findLast(({ said }) => said.quote.feedPosition !== undefined)?.said.quote.feedPosition;
  return {
    ...medianOfSides(prices, limits.decimals),
    time: Math.max(...agreed.map(({ said }) => said.quote.time)),
    quality: !isFirm ? 'INDICATIVE' : agreed.length > 1 && !isDisputed ? 'GOOD' : 'DEGRADED',
    sources: agreed.map(toTickSource),
    freshSources: agreed.length,
    ...(feedPosition !== undefined && { feedPosition }),
  };
}

/** The median of the spreads of those that say a bid and an ask: of the metal itself where there are any. */
function usualSpreadBps(speakers: readonly Speaker[]): number | undefined {
  const spread = speakers.filter(({ said }) => said.spreadBps > 0);
  const metal = spread.filter(({ rank }) => rank === 2);
  const spreads = (metal.length > 0 ? metal : spread)
    .map(({ said }) => said.spreadBps)
    .sort((one, other) => one - other);
  const half = spreads.length / 2;
  return spreads.length > 0 ? (spreads[Math.ceil(half) - 1]! + spreads[Math.floor(half)]!) / 2 : undefined;
}

function toTickSource({ name, said: { quote }, basisBps }: Speaker): TickSource {
  const { bid, ask, time } = quote;
  return { name, bid, ask, time, ...(basisBps !== undefined && Number(basisBps) !== 0 && { basisBps }) };
}
