import { IANAZone } from 'luxon';

export const candleIntervals = [
  'MINUTE_1',
  'MINUTE_5',
  'MINUTE_15',
  'MINUTE_30',
  'HOUR_1',
  'HOUR_4',
  'DAY_1',
  'WEEK_1',
  'MONTH_1',
] as const;
export type CandleInterval = (typeof candleIntervals)[number];

export const dayBoundaries = ['UTC', 'NY_1700'] as const;

/**
 * When days begin, and with them weeks and months: at midnight UTC, or at 17:00 in New York on the day before, when the
 * market's day of trade begins. Shorter candles are the same for both.
 */
export type DayBoundary = (typeof dayBoundaries)[number];

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

/** Milliseconds of those intervals that always have the same length, but for days and weeks when clocks change in New York. */
const lengths: Record<Exclude<CandleInterval, 'MONTH_1'>, number> = {
  MINUTE_1: minute,
  MINUTE_5: 5 * minute,
  MINUTE_15: 15 * minute,
  MINUTE_30: 30 * minute,
  HOUR_1: hour,
  HOUR_4: 4 * hour,
  DAY_1: day,
  WEEK_1: 7 * day,
};

/** Weeks begin on Monday (ISO 8601); this is the first Monday of the epoch. Every other length divides it. */
const firstMonday = Date.parse('1970-01-05T00:00:00Z');

/** How long before its own midnight a day begins in New York. */
const newYorkDayBeginsEarlier = 7 * hour;
const newYork = IANAZone.create('America/New_York');

/** When the candle opens that an instant falls into. Epoch milliseconds, as all times here. */
export function openTimeOf(interval: CandleInterval, time: number, dayBoundary: DayBoundary = 'UTC'): number {
  if (!isByNewYork(interval, dayBoundary)) return openOnGrid(interval, time);
  return fromTradeTime(openOnGrid(interval, toTradeTime(time)));
}

/** When a candle that opens at `openTime` closes, which is when the next one opens. */
export function closeTimeOf(interval: CandleInterval, openTime: number, dayBoundary: DayBoundary = 'UTC'): number {
  if (!isByNewYork(interval, dayBoundary)) return closeOnGrid(interval, openTime);
  return fromTradeTime(closeOnGrid(interval, toTradeTime(openTime)));
}

/** The first opening of a candle that is not before an instant. */
export function nextOpenTime(interval: CandleInterval, time: number, dayBoundary: DayBoundary = 'UTC'): number {
  const openTime = openTimeOf(interval, time, dayBoundary);
  return openTime === time ? time : closeTimeOf(interval, openTime, dayBoundary);
}

function isByNewYork(interval: CandleInterval, dayBoundary: DayBoundary): boolean {
  return dayBoundary === 'NY_1700' && (interval === 'DAY_1' || interval === 'WEEK_1' || interval === 'MONTH_1');
}

function openOnGrid(interval: CandleInterval, time: number): number {
  if (interval === 'MONTH_1') return monthStart(time, 0);
  return time - modulo(time - firstMonday, lengths[interval]);
}

function closeOnGrid(interval: CandleInterval, openTime: number): number {
  return interval === 'MONTH_1' ? monthStart(openTime, 1) : openTime + lengths[interval];
}

function monthStart(time: number, monthsAhead: number): number {
  const date = new Date(time);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + monthsAhead, 1);
}

/**
 * The clock of New York put forward so that its days begin at midnight, written as if it were UTC: Sunday 17:00 is Monday
 * 00:00, and days, weeks and months begin where they do by UTC.
 */
function toTradeTime(time: number): number {
  return time + newYork.offset(time) * minute + newYorkDayBeginsEarlier;
}

/** The instant at which a day begins. Clocks change at 2:00 in the night: the offset an hour or so beside 17:00 is that of 17:00. */
function fromTradeTime(dayStart: number): number {
  const local = dayStart - newYorkDayBeginsEarlier;
  const nearby = local - newYork.offset(local) * minute;
  return local - newYork.offset(nearby) * minute;
}

function modulo(value: number, length: number): number {
  return ((value % length) + length) % length;
}
