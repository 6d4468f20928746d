import type { Budget } from './rates.ts';
import type { RatePolicy } from './rate-bucket.ts';

/** What a client learns of its budget (draft-ietf-httpapi-ratelimit-headers-10). */
export type RateHeaders = {
  /** `"user";q=240000;w=60;qu="cost"`: so much may be used, and is there again after so many seconds. */
  'ratelimit-policy': string;
  /** `"user";r=239950;t=1`: so much remains, and all of it is there again after so many seconds. */
  ratelimit: string;
  /** Seconds, where it was refused. */
  'retry-after'?: string;
};

const policies = new WeakMap<RatePolicy, string>();

/** The headers of an answer to who has such a budget. */
export function rateHeaders({ policy, remaining, resetMs, retryAfterMs }: Budget): RateHeaders {
  const headers: RateHeaders = {
    'ratelimit-policy': policies.get(policy) ?? describe(policy),
    ratelimit: `"${policy.name}";r=${remaining};t=${Math.ceil(resetMs / 1_000)}`,
  };
  if (retryAfterMs > 0) headers['retry-after'] = String(Math.ceil(retryAfterMs / 1_000));
  return headers;
}

function describe(policy: RatePolicy): string {
  const { name, capacity, perSecond } = policy;
  const text = `"${name}";q=${capacity};w=${Math.ceil(capacity / perSecond)};qu="cost"`;
  policies.set(policy, text);
  return text;
}
