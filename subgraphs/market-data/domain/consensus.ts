import { Decimal } from '#shared/decimal.ts';
import { agreeing, middleOf } from './agreement.ts';
import { makePrice, type ConsensusLimits, type ConsensusPrice, type Speaker } from './consensus-price.ts';
import { distanceBps } from './distance.ts';
import type { MarketMoment, PriceSource, SourceQuote } from './price-source.ts';
import { createSourceTrack, type Said, type SourceTrack } from './source-track.ts';
import { createTokenBasis } from './token-basis.ts';
import { isTooWide, problemOfPrices, problemOfTime, type QuoteProblem } from './validate-quote.ts';

export type { ConsensusLimits, ConsensusPrice } from './consensus-price.ts';

/** One symbol, a metal in a currency, from several sources. */
export type Consensus = {
  /** Takes a quote. @returns the price that it makes now, or why the quote is not taken or not used */
  consider(quote: SourceQuote, moment: MarketMoment): { price: ConsensusPrice } | { problem: QuoteProblem };
  /**
   * A source is alive, what it said last holds. @returns the price as it is now confirmed; undefined where there is none, or
   * where it has nothing of what that source said
   */
  confirm(source: string, moment: MarketMoment): ConsensusPrice | undefined;
  /** Goes on from the last price that another process made, heard of at `heardAt`: what is far from it must be confirmed. */
  resume(price: { mid: number; heardAt: number }): void;
  /** How many basis points each token is above the spot price, by source, of those that have been learnt: to be kept. */
  bases(): Map<string, number>;
};

/** How long the price of the process before says something about where the market is, milliseconds. */
const resumedForMs = 60_000;

/**
 * Makes one price of several sources: each quote is validated by itself, then against what its source said before, then
 * against the others. Nothing here knows a clock; it is driven by quotes and the moment of each.
 * @param options.sources of one symbol, by distinct names
 * @param options.bases what was learnt of tokens before, as `bases()` says it
 */
export function createConsensus(options: {
  sources: readonly PriceSource[];
  limits: ConsensusLimits;
  bases?: ReadonlyMap<string, number>;
}): Consensus {
  const { limits, sources } = options;
  if (!(limits.midSpreadBps > 0)) throw new RangeError('midSpreadBps must be more than 0');
  const tracks = new Map(sources.map((source) => [source.name, createSourceTrack(source, limits)]));
  const tokens = sources.filter(({ kind }) => kind === 'token').map(({ name }) => name);
  const bases = new Map(tokens.map((name) => [name, createTokenBasis(options.bases?.get(name))]));
  let lastMid: number | undefined;
  let resumed: { mid: number; heardAt: number } | undefined;

  /** The mid price without what the source is usually above the spot price. */
  function level({ source }: SourceTrack, { mid }: Said): number {
    return mid / (1 + (bases.get(source.name)?.bps() ?? 0) / 10_000);
  }

  /** Whether the first quote of a source is far from the price that was made a moment before this process began. */
  function isFarFromBefore(track: SourceTrack, said: Said, now: number): boolean {
    if (track.accepted() || !resumed || now - resumed.heardAt > resumedForMs) return false;
    if (bases.has(track.source.name) && bases.get(track.source.name)!.bps() === undefined) return false;
    return distanceBps(level(track, said), resumed.mid) > limits.maxJumpBps;
  }

  function isConfirmedByOthers(track: SourceTrack, said: Said, now: number): boolean {
    const price = level(track, said);
    const agrees = (other: SourceTrack, its: Said | undefined) =>
      other.isFresh(its, now) && distanceBps(level(other, its), price) <= limits.maxDistanceBps;
    return [...tracks.values()].some(
      (other) => other !== track && (agrees(other, other.accepted()) || agrees(other, other.quarantined())),
    );
  }

  /** Accepts what is in quarantine and has meanwhile been said by another source as well. */
  function release(now: number): void {
    for (const track of tracks.values()) {
      const said = track.quarantined();
      if (track.isFresh(said, now) && isConfirmedByOthers(track, said, now)) track.accept(said);
    }
  }

  function speakers(now: number): Speaker[] {
    const fresh: Speaker[] = [];
    for (const track of tracks.values()) {
      const said = track.accepted();
      if (!track.isFresh(said, now)) continue;
      const { name, kind, weight } = track.source;
      const rank = kind === 'token' ? 0 : said.isMidOnly ? 1 : 2;
      fresh.push({ name, weight, rank, mid: level(track, said), said, basisBps: bases.get(name)?.bps()?.toFixed(4) });
    }
    return fresh;
  }

  function learnBasis({ source }: SourceTrack, { mid }: Said, { now, isOpen }: MarketMoment): void {
    const basis = bases.get(source.name);
    if (!basis || !isOpen || !basis.isDue(now)) return;
    const spot = speakers(now).filter(({ rank }) => rank > 0);
    if (spot.length > 0)
      basis.learn({ token: mid, spot: middleOf(agreeing(spot, { ...limits, lastMid }).agreed) }, now);
  }

  /** The price of all that is fresh; undefined where it has nothing of a source, because others say it better. */
  function priceWith({ source }: SourceTrack, { now, isOpen }: MarketMoment): ConsensusPrice | undefined {
    const price = makePrice(speakers(now), { limits, isOpen, lastMid });
    lastMid = (Number(price.bid) + Number(price.ask)) / 2;
    return price.sources.some(({ name }) => name === source.name) ? price : undefined;
  }

  /** Whether a source may say this now, judged by itself. */
  function problemOf(track: SourceTrack, quote: SourceQuote, now: number): QuoteProblem | undefined {
    const { source } = track;
    return (
      problemOfPrices(quote, { mayBeMid: source.isLive }) ??
      problemOfTime(quote.time, source, { now, lastTime: track.lastTime() }) ??
      (isTooWide(quote, limits.maxSpreadBps) ? 'WIDE_SPREAD' : undefined)
    );
  }

  return {
    consider(quote, moment) {
      const { now } = moment;
      const track = tracks.get(quote.source);
      if (!track) return { problem: 'UNKNOWN_SOURCE' };
      const problem = problemOf(track, quote, now);
      if (problem) return { problem };
      const said = toSaid(quote, now);
      const isFar = track.isJump(said) || isFarFromBefore(track, said, now);
      const isAccepted = !isFar || isConfirmedByOthers(track, said, now) || track.quarantine(said);
      if (!isAccepted) return { problem: 'JUMP' };
      track.accept(said);
      release(now);
      learnBasis(track, said, moment);
      const price = priceWith(track, moment);
      if (price) return { price };
      const isUnknown = track.source.kind === 'token' && bases.get(quote.source)!.bps() === undefined;
      return { problem: isUnknown ? 'BASIS_UNKNOWN' : 'TOO_FAR' };
    },
    confirm(name, moment) {
      release(moment.now);
      const track = tracks.get(name);
      const said = track?.confirm(moment.now);
      if (!track || !said) return undefined;
      learnBasis(track, said, moment);
      return priceWith(track, moment);
    },
    resume(price) {
      resumed = price;
      lastMid = price.mid;
    },
    bases() {
      const learnt = [...bases].map(([name, basis]) => [name, basis.bps()] as const);
      return new Map(learnt.flatMap(([name, bps]) => (bps === undefined ? [] : [[name, bps]])));
    },
  };
}

/** Doubles beside the texts; a quote that has been validated. */
function toSaid(quote: SourceQuote, now: number): Said {
  const [bid, ask] = [Number(quote.bid), Number(quote.ask)];
  const mid = (bid + ask) / 2;
  const isMidOnly = bid === ask && new Decimal(quote.bid).eq(quote.ask);
  return { quote, mid, spreadBps: ((ask - bid) / mid) * 10_000, isMidOnly, heardAt: now, saidAt: quote.time };
}

/**
 * The quotes of a moment in the order in which they are to be considered, whatever the order of their arrival: by source,
 * those of one source as it said them.
 */
export function inOrder<Q extends { source: string }>(quotes: readonly Q[]): Q[] {
  return quotes.toSorted((one, other) => (one.source < other.source ? -1 : one.source > other.source ? 1 : 0));
}
