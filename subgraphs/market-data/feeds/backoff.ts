/** How long attempts that fail one after the other are apart, milliseconds. */
export type Backoff = { firstMs: number; longestMs: number };

/** Of a provider that has dropped a connection or refused a question: from one second to one minute. */
export const providerBackoff: Backoff = { firstMs: 1_000, longestMs: 60_000 };

/**
 * The wait before the next attempt: doubled each time up to the longest, of which a random half is taken off, so that
 * many clients of one provider do not come back at the same moment ("equal jitter").
 * @param failures attempts that have failed in a row, from 1
 * @param random a number in [0, 1)
 */
export function waitAfterFailure({ firstMs, longestMs }: Backoff, failures: number, random: number): number {
  const longest = Math.min(longestMs, firstMs * 2 ** Math.min(failures - 1, 30));
  return Math.round(longest / 2 + (longest / 2) * random);
}
