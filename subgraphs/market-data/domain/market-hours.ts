import { DateTime } from 'luxon';
import { createClosingTimes, type ClosingTimes } from './market-holidays.ts';

/** `new-york` is the week of the spot market; `always-open` is for simulations and replays. */
export type MarketHours = 'always-open' | 'new-york';

export type MarketCalendar = {
  hours: MarketHours;
  /**
   * Days of trade on which New York is closed beside New Year, Good Friday and Christmas: `2026-12-28`, or with the time
   * of an early close `2026-11-27@13:30`.
   */
  holidays: readonly string[];
};

export type MarketStatus = {
  state: 'OPEN' | 'DAILY_BREAK' | 'WEEKEND' | 'HOLIDAY';
  reason: string | null;
  /** When the state becomes another one, epoch milliseconds; null when the market never closes. */
  nextChangeAt: number | null;
};

type State = MarketStatus['state'];
/** A state of the market until a time, epoch milliseconds. */
type Stretch = { state: State; until: number };

/** By the clock of New York: a day of trade ends at 17:00, and the next one is opened at 18:00. */
const closingHour = 17;
const openingHour = 18;
/** Minutes since midnight. */
const usualClosing = closingHour * 60;
const [monday, friday] = [1, 5];

const reasons: Record<State, string | null> = {
  OPEN: null,
  DAILY_BREAK: 'The market pauses from 17:00 to 18:00 in New York each day',
  WEEKEND: 'The market is closed from Friday 17:00 to Sunday 18:00 in New York',
  HOLIDAY: 'The market is closed for a holiday in New York',
};

/**
 * Whether the market is open at `now` (epoch milliseconds), and when that changes. The hours are those of spot gold and
 * CME Globex: Sunday 18:00 to Friday 17:00 New York, with a break from 17:00 to 18:00 each day; in IANA's zone, so that
 * daylight saving moves them in UTC and not on the dealers' clock. The day of trade D runs from 18:00 of the day before to
 * 17:00 of D: a holiday D is closed from 17:00 of the day before to 18:00 of D, and after an early close D stays closed
 * until 18:00. Where that touches a weekend, the weekend keeps its hours and its name.
 */
export function marketStatus({ hours, holidays }: MarketCalendar, now: number): MarketStatus {
  if (hours === 'always-open') return { state: 'OPEN', reason: null, nextChangeAt: null };
  const { state, until } = stretchAt(now, createClosingTimes(holidays));
  return { state, reason: reasons[state], nextChangeAt: until };
}

/** Tells the status as `marketStatus` does, for callers that ask often: it is worked out once for each stretch of one state. */
export function createMarketClock(calendar: MarketCalendar): (now: number) => MarketStatus {
  let known: { from: number; status: MarketStatus } | undefined;
  return (now) => {
    const holds = known && now >= known.from && now < (known.status.nextChangeAt ?? Infinity);
    if (!holds) known = { from: now, status: marketStatus(calendar, now) };
    return known!.status;
  };
}

function stretchAt(now: number, closingTimes: ClosingTimes): Stretch {
  const local = DateTime.fromMillis(now, { zone: 'America/New_York' });
  let day = local.startOf('day').plus({ days: local.hour >= closingHour ? 1 : 0 });
  let current: Stretch | undefined;
  for (;;) {
    for (const stretch of stretchesOf(day, closingTimes)) {
      if (stretch.until <= now) continue;
      if (current && stretch.state !== current.state) return current;
      current = stretch;
    }
    day = day.plus({ days: 1 });
  }
}

/** The day of trade from 17:00 of the day before to its own 17:00. */
function stretchesOf(day: DateTime, closingTimes: ClosingTimes): Stretch[] {
  const end = day.set({ hour: closingHour }).toMillis();
  if (day.weekday > friday) return [{ state: 'WEEKEND', until: end }];
  const before = day.minus({ days: 1 });
  const opening = before.set({ hour: openingHour }).toMillis();
  const closesAt = closingTimes(day.toISODate()!) ?? usualClosing;
  const isBehindHoliday = day.weekday > monday && (closingTimes(before.toISODate()!) ?? usualClosing) < usualClosing;
  const pause = day.weekday === monday ? 'WEEKEND' : closesAt === 0 || isBehindHoliday ? 'HOLIDAY' : 'DAILY_BREAK';
  const stretches: Stretch[] = [{ state: pause, until: opening }];
  if (closesAt > 0) stretches.push({ state: 'OPEN', until: Math.min(day.plus({ minutes: closesAt }).toMillis(), end) });
  if (closesAt < usualClosing) stretches.push({ state: 'HOLIDAY', until: end });
  return stretches;
}
