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

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

/** Milliseconds of those intervals that always have the same length. */
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

/** When the candle opens that an instant falls into. Epoch milliseconds, UTC, as all times here. */
export function openTimeOf(interval: CandleInterval, time: number): number {
  if (interval === 'MONTH_1') return monthStart(time, 0);
  return time - modulo(time - firstMonday, lengths[interval]);
}

/** When a candle that opens at `openTime` closes, which is when the next one opens. */
export function closeTimeOf(interval: CandleInterval, openTime: number): number {
  return interval === 'MONTH_1' ? monthStart(openTime, 1) : openTime + lengths[interval];
}

/** The first opening of a candle that is not before an instant. */
export function nextOpenTime(interval: CandleInterval, time: number): number {
  const openTime = openTimeOf(interval, time);
  return openTime === time ? time : closeTimeOf(interval, openTime);
}

function monthStart(time: number, monthsAhead: number): number {
  const date = new Date(time);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + monthsAhead, 1);
}

function modulo(value: number, length: number): number {
  return ((value % length) + length) % length;
}
