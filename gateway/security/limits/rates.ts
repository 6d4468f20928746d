import { isUser } from '../client-address.ts';
import { emptyBucket, give, usedOf, type RateBucket, type RatePolicy } from './rate-bucket.ts';
import type { SharedRates } from './shared-rates.ts';

/** What is left of a client's budget after a request. */
export type Budget = {
  policy: RatePolicy;
  /** A whole number, not negative. */
  remaining: number;
  /** Milliseconds until all of it is there again, if nothing is used meanwhile. */
  resetMs: number;
  /** Milliseconds until what was refused would be given; 0 where it was given. */
  retryAfterMs: number;
};

export type Rates = {
  /**
   * Takes from a client's budget, at once and without asking anybody, as far as there is enough.
   * @param client what `clientKey` makes of it
   * @param cost what is asked for; more than the whole budget is given when the budget is untouched
   * @param now milliseconds of `performance.now()`
   * @returns what is left, `undefined` where there is no limit for this client
   */
  take(client: string, cost: number, now: number): Budget | undefined;
  /** Clients whose budget is not whole, as far as they are known here. */
  clients(): number;
};

/** Clients that are known at most: some 20 MB. Who comes in addition takes the place of who has been known for longest. */
const mostClients = 100_000;

/**
 * The budgets of clients, in cost units: a bucket for each, which fills again at a steady rate. A decision is made from what is
 * known here, and takes less than a microsecond. What all gateways have given out together is told by Redis within a tenth of
 * a second: so long several of them may each give out what is left. While Redis is away each counts for itself, and a client
 * that is known to several may use as many budgets.
 * @param options.anonymousPerSecond cost units for long, of an address that nobody is signed in at; 0 for no limit
 * @param options.userPerSecond of a user; 0 for no limit
 * @param options.burstSeconds how many seconds' worth may be used at once
 * @param options.shared tells other gateways, and is told by them; without it each counts for itself
 */
export function createRates(options: {
  anonymousPerSecond: number;
  userPerSecond: number;
  burstSeconds: number;
  shared?: SharedRates | undefined;
}): Rates {
  const { anonymousPerSecond, userPerSecond, burstSeconds, shared } = options;
  const policyOf = (name: string, perSecond: number): RatePolicy => ({
    name,
    perSecond,
    capacity: perSecond * burstSeconds,
  });
  const anonymous = policyOf('anonymous', anonymousPerSecond);
  const user = policyOf('user', userPerSecond);
  const buckets = new Map<string, RateBucket>();
  let sweptAt = 0;

  function makeBucket(client: string, policy: RatePolicy, now: number): RateBucket {
    const bucket = emptyBucket(client, policy, now);
    if (buckets.size >= mostClients) makeRoom(now);
    buckets.set(client, bucket);
    return bucket;
  }

  function makeRoom(now: number): void {
    forgetUnused(now);
    if (buckets.size < mostClients) return;
    const [oldest] = buckets.keys();
    buckets.delete(oldest!);
  }

  /** Who has all of the budget again need not be known; looked for once a second at most, since it takes a while. */
  function forgetUnused(now: number): void {
    if (now - sweptAt < 1_000) return;
    sweptAt = now;
    for (const [client, bucket] of buckets) if (usedOf(bucket, now) === 0) buckets.delete(client);
  }

  return {
    take(client, cost, now) {
      const policy = isUser(client) ? user : anonymous;
      const { perSecond, capacity } = policy;
      if (perSecond === 0) return undefined;
      if (now - sweptAt > 10_000) forgetUnused(now);
      const bucket = buckets.get(client) ?? makeBucket(client, policy, now);
      const used = usedOf(bucket, now);
      // Also who is refused wants to hear of what others have given out.
      shared?.tell(bucket);
      const missing = used + Math.min(cost, capacity) - capacity;
      const isGiven = missing <= 0;
      if (isGiven) give(bucket, cost);
      const usedThen = isGiven ? used + cost : used;
      return {
        policy,
        remaining: Math.max(0, Math.floor(capacity - usedThen)),
        resetMs: Math.ceil((usedThen / perSecond) * 1_000),
        retryAfterMs: isGiven ? 0 : Math.max(1, Math.ceil((missing / perSecond) * 1_000)),
      };
    },
    clients: () => buckets.size,
  };
}
