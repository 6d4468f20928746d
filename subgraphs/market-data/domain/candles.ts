import { Decimal } from '#shared/decimal.ts';
import { midOf, movedAtOf, type Tick } from '#shared/ticks/tick.ts';
import { openTimeOf } from './candle-interval.ts';

export const candleBases = ['MID', 'BID', 'ASK'] as const;

/** Which price of a tick a candle is of. */
export type CandleBasis = (typeof candleBases)[number];

/**
 * How one price of a symbol moved in one span, in the instrument's currency for a troy ounce. Times are epoch
 * milliseconds; `firstAt` and `lastAt` are when its first and its last tick moved.
 */
export type Candle = {
  openTime: number;
  open: Decimal;
  high: Decimal;
  low: Decimal;
  close: Decimal;
  tickCount: number;
  firstAt: number;
  lastAt: number;
};

/** The price of a tick that candles of a basis are made of, exact. */
export function priceOf(tick: Pick<Tick, 'bid' | 'ask'>, basis: CandleBasis): Decimal {
  if (basis === 'MID') return midOf(tick);
  return new Decimal(basis === 'BID' ? tick.bid : tick.ask);
}

/** Adds a tick to the candle of its span, or begins that candle, which opens at `openTime`. As {@link mergeCandle}. */
export function addTick(
  candle: Candle | undefined,
  openTime: number,
  tick: Pick<Tick, 'bid' | 'ask' | 'time' | 'movedAt'>,
  basis: CandleBasis,
): Candle {
  const price = priceOf(tick, basis);
  const at = movedAtOf(tick);
  const added = { openTime, open: price, high: price, low: price, close: price, tickCount: 1, firstAt: at, lastAt: at };
  return candle ? mergeCandle(candle, added) : added;
}

/**
 * Adds a candle of the same span, or of one inside it, to another one. When the ticks moved decides what opens and closes
 * the whole, so ticks that come late land where they belong; of two that moved in one millisecond the first added opens
 * and the last added closes. Candles in PostgreSQL are merged by the same rule.
 */
export function mergeCandle(candle: Candle, added: Candle): Candle {
  const isEarlier = added.firstAt < candle.firstAt;
  const isLater = added.lastAt >= candle.lastAt;
  return {
    openTime: candle.openTime,
    open: isEarlier ? added.open : candle.open,
    high: Decimal.max(candle.high, added.high),
    low: Decimal.min(candle.low, added.low),
    close: isLater ? added.close : candle.close,
    tickCount: candle.tickCount + added.tickCount,
    firstAt: isEarlier ? added.firstAt : candle.firstAt,
    lastAt: isLater ? added.lastAt : candle.lastAt,
  };
}

/** The minute candles of every basis that ticks of one symbol make, given in ascending sequence. */
export function minuteCandles(
  ticks: Iterable<Pick<Tick, 'bid' | 'ask' | 'time' | 'movedAt'>>,
): { basis: CandleBasis; candle: Candle }[] {
  const minutes = candleBases.map((basis) => ({ basis, candles: new Map<number, Candle>() }));
  for (const tick of ticks) {
    const openTime = openTimeOf('MINUTE_1', movedAtOf(tick));
    for (const { basis, candles } of minutes)
      candles.set(openTime, addTick(candles.get(openTime), openTime, tick, basis));
  }
  return minutes.flatMap(({ basis, candles }) => [...candles.values()].map((candle) => ({ basis, candle })));
}
