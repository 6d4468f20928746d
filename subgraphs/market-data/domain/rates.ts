import { Decimal } from '#shared/decimal.ts';
import type { TickSource } from '#shared/ticks/tick.ts';
import { holdsUntil, type Heard, type PriceSource, type SourceQuote } from './price-source.ts';
import { problemOfPrices, problemOfTime, type QuoteProblem } from './validate-quote.ts';

/** A rate of exchange: units of one currency for one of another, exact up to divisions. */
export type Rate = {
  bid: Decimal;
  ask: Decimal;
  /** When it was made, by its source's clock; of two rates the older. Epoch milliseconds. */
  time: number;
  /** What was said, as it was written: of one rate, or of the two that it is the product of. */
  sources: TickSource[];
  /** Whether what was said still holds. */
  isFresh: boolean;
};

/** The rates that are known. */
export type RateBook = {
  /** Takes a rate. @returns why it is not taken, undefined where it is */
  consider(quote: SourceQuote & { symbol: string }, now: number): QuoteProblem | undefined;
  /** What a source said last of all its rates still holds. */
  confirm(source: string, now: number): void;
  /**
   * Units of `to` for one of `from`: as somebody quotes them, the other way round, or by one currency in between. The
   * heaviest fresh source wins; where none is fresh, what was said last. Undefined where nothing was ever said, and for two
   * currencies that are one.
   */
  rate(from: string, to: string, now: number): Rate | undefined;
};

type Said = Heard & { quote: SourceQuote };
/** What one source says of one pair, and what it said last. */
type Quoted = { source: PriceSource; base: string; counter: string; said?: Said };
/** A rate beside others, with the weight of its weaker part. */
type Way = { rate: Rate; weight: number; legs: number };

/** @param options.sources of kind `rate`; a source may be there with several symbols such as `USD-EUR` */
export function createRateBook({ sources }: { sources: readonly PriceSource[] }): RateBook {
  const all: Quoted[] = sources
    .filter(({ kind }) => kind === 'rate')
    .map((source) => {
      const [base, counter] = source.symbol.split('-') as [string, string];
      return { source, base, counter };
    });
  const currencies = [...new Set(all.flatMap(({ base, counter }) => [base, counter]))];

  // Every tick asks for the same rates, which change seldom: they are kept until one is said, confirmed or out of date.
  const known = new Map<string, Rate | undefined>();
  let knownFrom = Infinity;
  let knownUntil = -Infinity;

  function direct(from: string, to: string, now: number): Way | undefined {
    const ways = all.flatMap(({ source, base, counter, said }): Way[] => {
      const isInverse = base === to && counter === from;
      if (!said || !(isInverse || (base === from && counter === to))) return [];
      const rate = rateOf(source.symbol, said, { isInverse, isFresh: now <= holdsUntil(source, said) });
      return [{ rate, weight: source.weight, legs: 1 }];
    });
    return bestOf(ways);
  }

  function find(from: string, to: string, now: number): Rate | undefined {
    const straight = direct(from, to, now);
    const ways = currencies.flatMap((between) => {
      const [first, second] = [direct(from, between, now), direct(between, to, now)];
      return first && second ? [chain(first, second)] : [];
    });
    return bestOf(straight ? [straight, ...ways] : ways)?.rate;
  }

  function keepFrom(now: number): void {
    known.clear();
    const ends = all.flatMap(({ source, said }) => (said ? [holdsUntil(source, said)] : []));
    [knownFrom, knownUntil] = [now, Math.min(Infinity, ...ends.filter((end) => end >= now))];
  }

  return {
    consider(quote, now) {
      const quoted = all.find(({ source }) => source.name === quote.source && source.symbol === quote.symbol);
      if (!quoted) return 'UNKNOWN_SOURCE';
      const { source, said } = quoted;
      const problem =
        problemOfPrices(quote, { mayBeMid: true }) ??
        problemOfTime(quote.time, source, { now, lastTime: said?.quote.time });
      // An old rate is better than none, and says that it is old.
      if (problem && problem !== 'OLD_TIME') return problem;
      quoted.said = { quote, heardAt: now, saidAt: quote.time };
      keepFrom(now);
      return undefined;
    },
    confirm(name, now) {
      for (const { source, said } of all) {
        if (source.name === name && said) Object.assign(said, { heardAt: now, saidAt: now });
      }
      keepFrom(now);
    },
    rate(from, to, now) {
      if (from === to) return undefined;
      if (now < knownFrom || now > knownUntil) keepFrom(now);
      const pair = `${from}-${to}`;
      if (!known.has(pair)) known.set(pair, find(from, to, now));
      return known.get(pair);
    },
  };
}

/** What was said, or its inverse: who gives the one currency takes the other. */
function rateOf(
  symbol: string,
  { quote }: Said,
  { isInverse, isFresh }: { isInverse: boolean; isFresh: boolean },
): Rate {
  const { source: name, bid, ask, time } = quote;
  const one = new Decimal(1);
  const sides = isInverse ? { bid: one.div(ask), ask: one.div(bid) } : { bid: new Decimal(bid), ask: new Decimal(ask) };
  return { ...sides, time, sources: [{ name, symbol, bid, ask, time }], isFresh };
}

function chain(first: Way, second: Way): Way {
  const [one, other] = [first.rate, second.rate];
  const rate = {
    bid: one.bid.times(other.bid),
    ask: one.ask.times(other.ask),
    time: Math.min(one.time, other.time),
    sources: [...one.sources, ...other.sources],
    isFresh: one.isFresh && other.isFresh,
  };
  return { rate, weight: Math.min(first.weight, second.weight), legs: first.legs + second.legs };
}

/** Fresh before old; of fresh ones the heaviest, of old ones the newest; then what goes the shorter way. */
function bestOf(ways: Way[]): Way | undefined {
  return ways.toSorted(
    (one, other) =>
      Number(other.rate.isFresh) - Number(one.rate.isFresh) ||
      (one.rate.isFresh ? other.weight - one.weight : other.rate.time - one.rate.time) ||
      one.legs - other.legs ||
      other.rate.time - one.rate.time,
  )[0];
}
