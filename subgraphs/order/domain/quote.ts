import type { Side } from './order.ts';

/** What of a firm quote decides whether it can be ordered on. `expiresAt` is epoch milliseconds. */
export type QuoteFacts = { customerId: string; side: Side; expiresAt: number };

/**
 * Why a customer cannot order on a quote; `undefined` when it is fine. Whether it was spent only the database knows.
 * @param quote `undefined` when nobody who may has signed the token
 * @param at.now epoch milliseconds
 * @param at.graceMs how long after its end a quote is still taken
 */
export function quoteProblem(
  quote: QuoteFacts | undefined,
  at: { customerId: string; now: number; graceMs: number },
): 'INVALID' | 'EXPIRED' | 'SIDE_NOT_SUPPORTED' | undefined {
  // Somebody else's quote is told from a forged one by nobody.
  if (!quote || quote.customerId !== at.customerId) return 'INVALID';
  if (quote.side !== 'BUY') return 'SIDE_NOT_SUPPORTED';
  return at.now >= quote.expiresAt + at.graceMs ? 'EXPIRED' : undefined;
}
