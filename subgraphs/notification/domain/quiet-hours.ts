import { DateTime } from 'luxon';

/** The hours of each day in which somebody is left alone: IANA time zone, local times such as 22:00. */
export type QuietHours = { timeZone: string; from: string; to: string; behaviour: QuietBehaviour };
export type QuietBehaviour = 'DEFER' | 'SUPPRESS' | 'DIGEST';

const localTime = /^([01]\d|2[0-3]):([0-5]\d)$/;

/** Whether a text is a local time such as 07:30. */
export function isLocalTime(text: string): boolean {
  return localTime.test(text);
}

/** Whether a text names a time zone of the IANA database that Node knows. */
export function isTimeZone(text: string): boolean {
  // Offsets such as +02:00 are zones to luxon, but know nothing of daylight saving.
  return /^[A-Za-z]/.test(text) && DateTime.local({ zone: text }).isValid;
}

/**
 * When the quiet hours end that `now` (epoch milliseconds) lies in; `undefined` outside them. They begin at `from` and end
 * just before `to`, by the clock on the wall: a night in which the clock is changed is an hour shorter or longer, and an
 * end that the clock leaps over is when it has leapt.
 */
export function quietUntil({ timeZone, from, to }: QuietHours, now: number): number | undefined {
  const today = DateTime.fromMillis(now, { zone: timeZone }).startOf('day');
  // Hours over midnight belong to the day on which they began.
  for (const day of [today.minus({ days: 1 }), today]) {
    const begin = at(day, from);
    const end = at(from < to ? day : day.plus({ days: 1 }), to);
    if (begin <= now && now < end) return end;
  }
  return undefined;
}

function at(day: DateTime, time: string): number {
  const [hour, minute] = time.split(':').map(Number);
  return day.set({ hour, minute }).toMillis();
}
