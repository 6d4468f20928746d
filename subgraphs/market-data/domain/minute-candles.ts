import { Decimal } from '#shared/decimal.ts';
import { midOf, type Tick } from '#shared/ticks/tick.ts';

/** The mid prices of one symbol in one minute, in the instrument's currency for a troy ounce; `openTime` is epoch milliseconds. */
export type MinuteCandle = {
  symbol: string;
  openTime: number;
  open: Decimal;
  high: Decimal;
  low: Decimal;
  close: Decimal;
  tickCount: number;
};

/** Candles under way, by symbol and minute. */
export type MinuteCandles = Map<string, MinuteCandle>;

const minuteMs = 60_000;

/**
 * Adds a tick to the minute of its own `time`. Ticks are added in ascending sequence, which decides what opens and closes
 * a candle, also where a source's clock has stepped back.
 */
export function addTick(candles: MinuteCandles, tick: Pick<Tick, 'symbol' | 'bid' | 'ask' | 'time'>): void {
  const mid = midOf(tick);
  const openTime = Math.floor(tick.time / minuteMs) * minuteMs;
  addCandle(candles, { symbol: tick.symbol, openTime, open: mid, high: mid, low: mid, close: mid, tickCount: 1 });
}

/** Adds candles of later ticks to candles of earlier ones; neither is used afterwards. */
export function mergeCandles(earlier: MinuteCandles, later: MinuteCandles): MinuteCandles {
  for (const candle of later.values()) addCandle(earlier, candle);
  return earlier;
}

function addCandle(candles: MinuteCandles, later: MinuteCandle): void {
  const key = `${later.symbol} ${later.openTime}`;
  const earlier = candles.get(key);
  if (!earlier) {
    candles.set(key, { ...later });
    return;
  }
  earlier.high = Decimal.max(earlier.high, later.high);
  earlier.low = Decimal.min(earlier.low, later.low);
  earlier.close = later.close;
  earlier.tickCount += later.tickCount;
}
