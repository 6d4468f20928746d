/** Milliseconds since 1970 with their fractions: finer than `Date.now()`, and the same for all processes of a machine. */
export function wallClock(): number {
  return performance.timeOrigin + performance.now();
}
