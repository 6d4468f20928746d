import type { PriceQuality } from '#shared/ticks/tick.ts';
import type { ProductPrice } from './product-price.ts';

/** A firm quote. Instants are epoch milliseconds; from `expiresAt` on it cannot be ordered with. */
export type Quote = {
  id: string;
  token: string;
  customerId: string;
  couponCode: string | null;
  /** What was promised. */
  price: ProductPrice;
  createdAt: number;
  expiresAt: number;
  /** The order that it was spent on. */
  orderId: string | null;
};

export type QuoteStatus = 'OPEN' | 'ACCEPTED' | 'EXPIRED';

/** What has become of a quote at an instant. */
export function statusOf({ orderId, expiresAt }: Pick<Quote, 'orderId' | 'expiresAt'>, now: number): QuoteStatus {
  if (orderId !== null) return 'ACCEPTED';
  return now < expiresAt ? 'OPEN' : 'EXPIRED';
}

/**
 * Why no promise can be made at a tick, in words for people; `undefined` where it can. A tick's age counts from its
 * arrival, so that a recording can be played; how far to trust it is said by its quality.
 */
export function problemOfTick(
  { quality, receivedAt }: { quality: PriceQuality; receivedAt: number },
  { now, maxAgeMs }: { now: number; maxAgeMs: number },
): string | undefined {
  if (now - receivedAt > maxAgeMs) return 'the latest price is too old: the market is closed, or prices do not arrive';
  if (quality === 'STALE') return 'the latest price is too old';
  if (quality === 'INDICATIVE') return 'the market is closed: prices are indications only';
  return undefined;
}
