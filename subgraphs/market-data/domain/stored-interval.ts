import { openTimeOf, type CandleInterval } from './candle-interval.ts';

/** The intervals whose candles are stored, from the shortest on: all by UTC. Others are added up from them. */
export const storedIntervals = ['MINUTE_1', 'HOUR_1', 'DAY_1', 'MONTH_1'] as const satisfies CandleInterval[];
export type StoredInterval = (typeof storedIntervals)[number];

const lengths = new Map<number, StoredInterval>([
  [60_000, 'MINUTE_1'],
  [3_600_000, 'HOUR_1'],
  [86_400_000, 'DAY_1'],
]);

/** What the distances between candles say of their interval; `distanceMs` is undefined for fewer than two. */
export type SpacedInterval = { interval: StoredInterval } | { interval: undefined; distanceMs: number | undefined };

/**
 * The interval of candles that open at these instants (epoch milliseconds, in the order of a file, forwards or backwards):
 * the one whose length is the commonest distance between neighbours, so that neither nights and weekends nor a few wrong
 * rows hide it.
 */
export function intervalOfTimes(times: readonly number[]): SpacedInterval {
  const counts = new Map<number | 'month', number>();
  for (const [index, time] of times.entries()) {
    const distance = index === 0 ? 0 : distanceOf(times[index - 1]!, time);
    if (distance !== 0) counts.set(distance, (counts.get(distance) ?? 0) + 1);
  }
  const [commonest] = [...counts].reduce((most, each) => (each[1] > most[1] ? each : most), [0 as number | 'month', 0]);
  if (commonest === 'month') return { interval: 'MONTH_1' };
  const interval = lengths.get(commonest);
  return interval ? { interval } : { interval: undefined, distanceMs: commonest === 0 ? undefined : commonest };
}

/** Months differ in length and count as one distance. */
function distanceOf(one: number, other: number): number | 'month' {
  const distance = Math.abs(other - one);
  const areMonths = [one, other].every((time) => openTimeOf('MONTH_1', time) === time);
  return areMonths && distance > 0 && distance <= 31 * 86_400_000 ? 'month' : distance;
}
