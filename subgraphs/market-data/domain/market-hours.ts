import { DateTime } from 'luxon';

/** `new-york` is the week of the spot market; `always-open` is for simulations and replays. */
export type MarketHours = 'always-open' | 'new-york';
export type MarketStatus = {
  state: 'OPEN' | 'DAILY_BREAK' | 'WEEKEND';
  reason: string | null;
  /** Epoch milliseconds; null when the market never closes. */
  nextChangeAt: number | null;
};

const closingHour = 17;
const openingHour = 18;
const [friday, saturday, sunday] = [5, 6, 7];

/**
 * Whether the market is open at `now` (epoch milliseconds), and when that changes. The hours are those of spot gold and
 * CME Globex: Sunday 18:00 to Friday 17:00 New York, with a break from 17:00 to 18:00 each day; in IANA's zone, so that
 * daylight saving moves them in UTC and not on the dealers' clock. Holidays are not known here.
 */
export function marketStatus(hours: MarketHours, now: number): MarketStatus {
  if (hours === 'always-open') return { state: 'OPEN', reason: null, nextChangeAt: null };
  const local = DateTime.fromMillis(now, { zone: 'America/New_York' });
  const at = (hour: number, daysAhead = 0) => local.startOf('day').plus({ days: daysAhead }).set({ hour }).toMillis();
  const { weekday, hour } = local;
  const isWeekend =
    weekday === saturday || (weekday === friday && hour >= closingHour) || (weekday === sunday && hour < openingHour);
  if (isWeekend) {
    return {
      state: 'WEEKEND',
      reason: 'The market is closed from Friday 17:00 to Sunday 18:00 in New York',
      nextChangeAt: at(openingHour, sunday - weekday),
    };
  }
  if (hour === closingHour) {
    return {
      state: 'DAILY_BREAK',
      reason: 'The market pauses from 17:00 to 18:00 in New York each day',
      nextChangeAt: at(openingHour),
    };
  }
  return { state: 'OPEN', reason: null, nextChangeAt: at(closingHour, hour >= openingHour ? 1 : 0) };
}
