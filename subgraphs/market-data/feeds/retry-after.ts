/** The longest wait that is granted: what the longest ban of an exchange takes. */
const longestMs = 3 * 86_400_000;

/**
 * How long a provider wants to be left alone, by the `Retry-After` header of its answer: seconds or an HTTP date (RFC 9110,
 * section 10.2.3). Milliseconds, 3 days at most; undefined without a header that can be read.
 */
export function retryAfterMs(header: string | undefined, now: number): number | undefined {
  if (header === undefined) return undefined;
  const waitMs = /^\d+$/.test(header.trim()) ? Number(header) * 1_000 : Date.parse(header) - now;
  return Number.isNaN(waitMs) ? undefined : Math.min(longestMs, Math.max(0, waitMs));
}
