import { movedAtOf, type Breaker, type UnsequencedTick } from '#shared/ticks/tick.ts';
import { createBreaker, type BreakerLimits, type PriceBreaker } from '../domain/breaker.ts';
import {
  createConsensus,
  inOrder,
  type Consensus,
  type ConsensusLimits,
  type ConsensusPrice,
} from '../domain/consensus.ts';
import { crossPrice } from '../domain/cross-price.ts';
import { isMetal, type Instrument } from '../domain/instrument.ts';
import { createRateBook } from '../domain/rates.ts';
import type { FeedQuote, FeedSource } from '../feeds/feed.ts';

export type PriceMaker = {
  /** What comes of quotes that count as simultaneous: prices to be published, in their order. */
  take(quotes: readonly FeedQuote[], now: number): UnsequencedTick[];
  /** A source is alive, and what it said last holds: prices that have not been said for a while are said again. */
  confirm(source: string, now: number): UnsequencedTick[];
  /** Goes on from the last tick of a symbol that another process has published, and from what its breaker said. */
  resume(tick: UnsequencedTick): void;
  /** How far sources of tokens are above the spot price, as learnt. */
  bases(): SourceBasis[];
};

export type SourceBasis = { source: string; symbol: string; basisBps: number };

/** One metal in one currency that sources quote it in. */
type Market = {
  instrument: Instrument;
  consensus: Consensus;
  breaker: PriceBreaker;
  isRecorded: boolean;
  /** Milliseconds that it counts as heard of behind its last price. */
  heardOfForMs: number;
  last?: { tick: UnsequencedTick; price: ConsensusPrice };
};

/** Digits of a price that had to be calculated: a step is at most 0.02 bp of it. */
const decimals = { XAU: 3, XAG: 4 };

/** A price that stays the same is said again after this many milliseconds: its age then shows that it is confirmed. */
const repeatAfterMs = 5_000;

/**
 * Makes prices of what sources say: a consensus for each symbol that is quoted, and each metal in every other currency by
 * its rate of exchange. A symbol that sources quote themselves is made by a rate only while nothing is heard of them.
 * @param options.freshForMs milliseconds that a metal's price counts as one that is heard of, at least
 * @param options.onProblem is told of each quote that was not used, and why
 */
export function createPriceMaker(options: {
  sources: readonly FeedSource[];
  instruments: readonly Instrument[];
  limits: Omit<ConsensusLimits, 'decimals'>;
  breakerLimits: BreakerLimits;
  freshForMs: number;
  isOpen: (now: number) => boolean;
  bases: readonly SourceBasis[];
  onProblem: (quote: FeedQuote, problem: string) => void;
}): PriceMaker {
  const { sources, instruments, isOpen, onProblem, freshForMs } = options;
  const rates = createRateBook({ sources: sources.filter(({ kind }) => kind === 'rate') });
  const markets = new Map(instruments.flatMap((instrument) => marketOf(instrument)));
  const crosses = Map.groupBy(instruments, (instrument) => baseOf(instrument)?.instrument.symbol);
  const said = new Map<string, UnsequencedTick>();
  /** A rate can go wrong as well as a metal. Whether enough sources say the metal is the metal's own question. */
  const crossBreakers = new Map(
    instruments.map(({ symbol }) => [symbol, createBreaker({ ...options.breakerLimits, quorum: 0 })]),
  );

  function marketOf(instrument: Instrument): [string, Market][] {
    const { symbol, metal } = instrument;
    const own = sources.filter((source) => source.symbol === symbol);
    if (own.length === 0) return [];
    const bases = options.bases.filter((basis) => basis.symbol === symbol);
    const consensus = createConsensus({
      sources: own,
      limits: { ...options.limits, decimals: decimals[metal] },
      bases: new Map(bases.map(({ source, basisBps }) => [source, basisBps])),
    });
    const isRecorded = own.every(({ isLive }) => !isLive);
    const heardOfForMs = Math.max(freshForMs, ...own.map((source) => source.freshForMs));
    const breaker = createBreaker(options.breakerLimits);
    return [[symbol, { instrument, consensus, breaker, isRecorded, heardOfForMs }]];
  }

  /** The market of the same metal that an instrument's price is made from: dollars, where there are some. */
  function baseOf({ symbol, metal }: Instrument): Market | undefined {
    const ofMetal = [...markets.values()].filter((market) => market.instrument.metal === metal);
    const base = ofMetal.find((market) => market.instrument.currency === 'USD') ?? ofMetal[0];
    return base?.instrument.symbol === symbol ? undefined : base;
  }

  /** The price of a market, and what follows from it in other currencies. */
  function pricesOf(market: Market, price: ConsensusPrice, now: number): UnsequencedTick[] {
    const { bid, ask, time, freshSources, feedPosition } = price;
    const breaker = market.breaker.observe({
      mid: middleOf(price),
      at: time,
      now,
      freshSources,
      isOpen: isOpen(now),
    });
    const tick: UnsequencedTick = {
      symbol: market.instrument.symbol,
      bid,
      ask,
      time,
      receivedAt: now,
      quality: price.quality,
      sources: price.sources,
      ...(breaker && { breaker }),
      ...(feedPosition !== undefined && { feedPosition }),
    };
    market.last = { tick, price };
    if (!market.isRecorded && isSaid(tick)) return [];
    said.set(tick.symbol, tick);
    return [tick, ...crossesOf(market, now)];
  }

  function crossesOf({ instrument, last, isRecorded }: Market, now: number): UnsequencedTick[] {
    return (crosses.get(instrument.symbol) ?? []).flatMap(({ symbol, currency }) => {
      if (isFresh(markets.get(symbol), now)) return [];
      const rate = rates.rate(instrument.currency, currency, now);
      if (!rate || !last) return [];
      const { freshSources, ...price } = crossPrice({ ...last.price, symbol: instrument.symbol }, rate);
      // A recording's prices belong to its own time, whenever today's rates were made.
      const movedAt = isRecorded ? last.price.time : (price.movedAt ?? price.time);
      const own = crossBreakers
        .get(symbol)!
        .observe({ mid: middleOf(price), at: movedAt, now, freshSources, isOpen: isOpen(now) });
      const breaker = worseOf(last.tick.breaker, own);
      const cross: UnsequencedTick = {
        ...price,
        symbol,
        // A rate that moves makes no metal's price younger.
        receivedAt: last.tick.receivedAt,
        ...(movedAt !== price.time && { movedAt }),
        ...(breaker && { breaker }),
      };
      if (!isRecorded && isSaid(cross)) return [];
      said.set(symbol, cross);
      return [cross];
    });
  }

  function isFresh(market: Market | undefined, now: number): boolean {
    return market?.last !== undefined && now - market.last.tick.receivedAt <= market.heardOfForMs;
  }

  /** Whether the same was said a moment ago. */
  function isSaid(tick: UnsequencedTick): boolean {
    const before = said.get(tick.symbol);
    return (
      before !== undefined &&
      before.bid === tick.bid &&
      before.ask === tick.ask &&
      before.quality === tick.quality &&
      before.breaker?.state === tick.breaker?.state &&
      before.breaker?.until === tick.breaker?.until &&
      tick.receivedAt - before.receivedAt < repeatAfterMs
    );
  }

  function considerRates(quotes: readonly FeedQuote[], now: number): boolean {
    let haveMoved = false;
    for (const quote of quotes) {
      const problem = rates.consider(quote, now);
      if (problem) onProblem(quote, problem);
      else haveMoved = true;
    }
    return haveMoved;
  }

  const isOfMetal = ({ symbol }: FeedQuote) => isMetal(symbol.slice(0, 3));
  const severalNames = new Set(sources.filter(({ kind }) => kind !== 'rate').map(({ name }) => name)).size > 1;

  return {
    take(quotes, now) {
      const ordered = severalNames ? inOrder(quotes) : quotes;
      // Rates first, so that a metal that has come with them is multiplied with them.
      const haveRatesMoved = considerRates(
        ordered.filter((quote) => !isOfMetal(quote)),
        now,
      );
      const moved = new Set<Market>();
      const ticks: UnsequencedTick[] = [];
      for (const quote of ordered.filter(isOfMetal)) {
        const market = markets.get(quote.symbol);
        const verdict = market?.consensus.consider(quote, { now, isOpen: isOpen(now) });
        if (!market || !verdict || 'problem' in verdict) {
          onProblem(quote, verdict && 'problem' in verdict ? verdict.problem : 'UNKNOWN_SYMBOL');
          continue;
        }
        moved.add(market);
        for (const tick of pricesOf(market, verdict.price, now)) ticks.push(tick);
      }
      if (!haveRatesMoved) return ticks;
      for (const market of markets.values()) {
        if (isFresh(market, now) && !moved.has(market)) ticks.push(...crossesOf(market, now));
      }
      return ticks;
    },
    confirm(source, now) {
      return [...markets.values()].flatMap((market) => {
        const price = market.consensus.confirm(source, { now, isOpen: isOpen(now) });
        return price ? pricesOf(market, price, now) : [];
      });
    },
    resume(tick) {
      const { symbol, receivedAt, breaker } = tick;
      const [mid, at] = [middleOf(tick), movedAtOf(tick)];
      const market = markets.get(symbol);
      market?.consensus.resume({ mid, heardAt: receivedAt });
      (market?.breaker ?? crossBreakers.get(symbol))?.resume({ mid, at }, breaker);
    },
    bases() {
      return [...markets].flatMap(([symbol, { consensus }]) =>
        [...consensus.bases()].map(([source, basisBps]) => ({ source, symbol, basisBps })),
      );
    },
  };
}

/** A double; it is only compared. */
function middleOf({ bid, ask }: { bid: string; ask: string }): number {
  return (Number(bid) + Number(ask)) / 2;
}

function worseOf(one: Breaker | undefined, other: Breaker | undefined): Breaker | undefined {
  return one?.state === 'HALTED' ? one : other?.state === 'HALTED' ? other : (one ?? other);
}
