import { movedAtOf, type Tick } from '#shared/ticks/tick.ts';
import { closeTimeOf, openTimeOf, type CandleInterval, type DayBoundary } from './candle-interval.ts';
import { addTick, type Candle, type CandleBasis } from './candles.ts';

type CandleKind = { interval: CandleInterval; basis: CandleBasis; dayBoundary: DayBoundary };

/** Times are epoch milliseconds; `isClosed` once the span is over and late ticks have had their time. */
export type LiveCandle = Candle & { basis: CandleBasis; closeTime: number; isClosed: boolean };

/** The candles of one kind that are not closed yet, which are mostly one: late ticks are waited for beside the next one. */
export type LiveCandles = {
  /** Puts in a candle as the history knows it: one under way, or the last one that there was. */
  begin(candle: Candle): void;
  /** Adds a tick, in ascending sequence; one that comes too late for its span is left out. */
  add(tick: Tick, now: number): void;
  /** Takes the time from a tick that is newer than those which are to be added. */
  see(tick: Tick): void;
  /** The candle under way, or the last one where none is; of two the older, which is to be closed first. */
  current(): LiveCandle | undefined;
  /** Closes what is over at `now`. @returns those candles, oldest first, each once */
  close(now: number): LiveCandle[];
  /** What time it is in the market at `now`. */
  marketTime(now: number): number;
};

/** How far the clock of a source may be ahead of ours. */
const clockSkewMs = 5_000;

/**
 * When a candle is over is decided by the market's time: that of the newest tick, and what has passed since it arrived,
 * but not beyond the clock, so that a source whose clock is fast closes nothing early. Recordings of old times are so
 * closed by their own ticks, at any speed; and a market without ticks by the clock.
 * @param options.watermarkMs how long late ticks are waited for behind the end of a span
 */
export function createLiveCandles(options: CandleKind & { watermarkMs: number }): LiveCandles {
  const { interval, basis, dayBoundary, watermarkMs } = options;
  const open: LiveCandle[] = [];
  /** The last one that was closed. */
  let last: LiveCandle | undefined;
  let newest: { time: number; receivedAt: number } | undefined;

  const isOver = ({ closeTime }: LiveCandle, now: number) => closeTime + watermarkMs <= marketTime(now);

  /** Keeps the open ones in their order. */
  function put(candle: LiveCandle): void {
    const index = open.findIndex(({ openTime }) => openTime >= candle.openTime);
    if (index < 0) open.push(candle);
    else open.splice(index, open[index]!.openTime === candle.openTime ? 1 : 0, candle);
  }

  function openedAt(candle: Candle): LiveCandle {
    return { ...candle, basis, closeTime: closeTimeOf(interval, candle.openTime, dayBoundary), isClosed: false };
  }

  function marketTime(now: number): number {
    if (!newest) return now;
    const { time, receivedAt } = newest;
    return Math.max(Math.min(now, time + Math.max(0, now - receivedAt)), time - clockSkewMs);
  }

  function see(tick: Tick): void {
    const time = movedAtOf(tick);
    if (!newest || time >= newest.time) newest = { time, receivedAt: tick.receivedAt };
  }

  return {
    marketTime,
    see,
    begin: (candle) => put(openedAt(candle)),
    add(tick, now) {
      see(tick);
      const time = movedAtOf(tick);
      // Looked for before it is computed: where days begin in New York is costly to ask for each tick.
      const known = open.find(({ openTime, closeTime }) => openTime <= time && time < closeTime);
      if (known) return put({ ...known, ...addTick(known, known.openTime, tick, basis) });
      const openTime = openTimeOf(interval, time, dayBoundary);
      if (last && openTime < last.closeTime) return;
      const begun = openedAt(addTick(undefined, openTime, tick, basis));
      // A span without a tick that is over stays without: candles are told in their order.
      const isFollowed = open.some((other) => other.openTime > openTime);
      if (!isFollowed || !isOver(begun, now)) put(begun);
    },
    current: () => open[0] ?? last,
    close(now) {
      const count = open.findIndex((candle) => !isOver(candle, now));
      const closed = open.splice(0, count < 0 ? open.length : count).map((candle) => ({ ...candle, isClosed: true }));
      last = closed.at(-1) ?? last;
      return closed;
    },
  };
}

/** Whether both tell the same of a candle: every tick that is added is counted. */
export function isSameCandle(one: LiveCandle, other: LiveCandle): boolean {
  return one.openTime === other.openTime && one.tickCount === other.tickCount && one.isClosed === other.isClosed;
}
