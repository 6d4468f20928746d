const hourMs = 3_600_000;

/**
 * Seconds that what is known of a time which ended at `endedAt` may be kept; at most what schema.graphql says of history.
 * Nothing while late ticks are still waited for, little in the first hour, in which a tick that was held up may yet come,
 * and never for ever, because a history can be imported at any time. Epoch milliseconds.
 */
export function pastLifetime(endedAt: number, now: number, watermarkMs: number): number {
  if (endedAt + watermarkMs > now) return 0;
  return endedAt + hourMs > now ? 10 : 300;
}
