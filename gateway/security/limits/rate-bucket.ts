/** How much a client may use. */
export type RatePolicy = {
  /** The policy's name, for clients. */
  name: string;
  /** What comes back each second. */
  perSecond: number;
  /** What may be used at once. */
  capacity: number;
};

/**
 * What a client has used of its budget and has not got back yet, which is less with every moment. Nobody knows all of it: what
 * this process has given out it knows at once, what others have given out it is told from time to time.
 */
export type RateBucket = {
  client: string;
  policy: RatePolicy;
  /** What this process alone has given out. It counts whatever becomes of Redis. */
  own: number;
  /** What all processes together have given out, as far as it is known here. */
  shared: number;
  /** What of it this process has given out and has told nobody yet. */
  untold: number;
  /** When these were right, milliseconds of `performance.now()`. */
  at: number;
};

export function emptyBucket(client: string, policy: RatePolicy, now: number): RateBucket {
  return { client, policy, own: 0, shared: 0, untold: 0, at: now };
}

/** What is used of the budget now, in the eyes of this process. */
export function usedOf(bucket: RateBucket, now: number): number {
  const back = ((now - bucket.at) / 1_000) * bucket.policy.perSecond;
  if (back > 0) {
    bucket.own = Math.max(0, bucket.own - back);
    bucket.shared = Math.max(0, bucket.shared - back);
    bucket.untold = Math.min(bucket.untold, bucket.shared);
    bucket.at = now;
  }
  return Math.max(bucket.own, bucket.shared);
}

/** Gives something out. */
export function give(bucket: RateBucket, amount: number): void {
  bucket.own += amount;
  bucket.shared += amount;
  bucket.untold += amount;
}

/** What is to be told now. What cannot be told counts here alone. */
export function takeUntold(bucket: RateBucket): number {
  const { untold } = bucket;
  bucket.untold = 0;
  return untold;
}

/** All that was told has been added up, and what has not been told yet comes on top. */
export function told(bucket: RateBucket, shared: number, now: number): void {
  usedOf(bucket, now);
  bucket.shared = shared + bucket.untold;
}
