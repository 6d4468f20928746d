import { DateTime } from 'luxon';

/**
 * When a day of trade is closed altogether (`0`) or closes early (minutes since midnight in New York); `undefined` for a
 * usual one. A day is an ISO date, for example `2026-12-25`.
 */
export type ClosingTimes = (day: string) => number | undefined;

/**
 * The days of trade on which metals pause beside weekends.
 * @param holidays further days: `2026-12-28` is closed, `2026-11-27@13:30` closes early, by the clock of New York
 */
export function createClosingTimes(holidays: readonly string[]): ClosingTimes {
  const configured = new Map<string, number>();
  for (const holiday of holidays) {
    const [day, time = '00:00'] = holiday.split('@') as [string, string?];
    const [hours, minutes] = time.split(':').map(Number) as [number, number];
    const closesAt = hours * 60 + minutes;
    configured.set(day, Math.min(closesAt, configured.get(day) ?? closesAt));
  }
  return (day) => (isFullHoliday(day) ? 0 : configured.get(day));
}

/**
 * The full holidays of CME Globex metals: New Year's Day (on Monday when it is a Sunday; not made up for when it is a
 * Saturday), Good Friday and Christmas Day (on the nearest weekday). Its other holidays only close early, at times that
 * are announced each year: those are configured.
 */
function isFullHoliday(day: string): boolean {
  const date = DateTime.fromISO(day, { zone: 'utc' });
  const { year, month, weekday } = date;
  const falls = (holiday: DateTime) => date.hasSame(holiday, 'day');
  if (month === 1) {
    const newYear = DateTime.utc(year, 1, 1);
    return falls(newYear.weekday === 7 ? newYear.plus({ days: 1 }) : newYear);
  }
  if (month === 12) {
    const christmas = DateTime.utc(year, 12, 25);
    return falls(christmas.plus({ days: christmas.weekday === 6 ? -1 : christmas.weekday === 7 ? 1 : 0 }));
  }
  return weekday === 5 && (month === 3 || month === 4) && falls(easterSunday(year).minus({ days: 2 }));
}

/** Easter Sunday of the Gregorian calendar, by the computation of Meeus, Jones and Butcher. */
function easterSunday(year: number): DateTime {
  const a = year % 19;
  const [b, c] = [Math.floor(year / 100), year % 100];
  const d = Math.floor((b - Math.floor((b + 8) / 25) + 1) / 3);
  const h = (19 * a + b - Math.floor(b / 4) - d + 15) % 30;
  const l = (32 + 2 * (b % 4) + 2 * Math.floor(c / 4) - h - (c % 4)) % 7;
  const m = Math.floor((a + 11 * h + 22 * l) / 451);
  const days = h + l - 7 * m + 114;
  return DateTime.utc(year, Math.floor(days / 31), (days % 31) + 1);
}
