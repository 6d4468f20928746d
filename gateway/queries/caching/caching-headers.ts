import type { IncomingHttpHeaders } from 'node:http';
import etag from 'etag';
import fresh from 'fresh';
import type { Freshness } from './freshness.ts';
import type { KeptText } from './cache-store.ts';

/** For how long, and by whom, an answer may be kept. */
export type CachePolicy = {
  /** Seconds, of which `ageMs` are over; 0 for not at all. */
  maxAge: number;
  isPrivate: boolean;
  ageMs: number;
};

/** The policy of an answer that nobody may keep, as errors and everything personal is. */
export const notKept: CachePolicy = { maxAge: 0, isPrivate: false, ageMs: 0 };

/** What decides about the answer to one address beside the address itself. Who asks does not: it is the same for everybody. */
const vary = 'Accept, Accept-Encoding, Origin';
const headersOfNotKept: readonly string[] = ['cache-control', 'no-store'];

/** Whether caches on the way may give an answer to others: then it says nothing that is true of one client only. */
export function isForAll({ maxAge, isPrivate }: CachePolicy): boolean {
  return maxAge >= 1 && !isPrivate;
}

/** The policy of an answer from the cache, or of one that was just put there. */
export function policyOfKept({ bornAt, endsAt }: KeptText, ageMs: number): CachePolicy {
  return { maxAge: Math.floor((endsAt - bornAt) / 1_000), isPrivate: false, ageMs };
}

/** The policy of an answer without errors that was executed. @param maxAge seconds that its operation allows */
export function policyOfExecuted(maxAge: number, freshness: Freshness): CachePolicy {
  const seconds = Math.floor(Math.min(maxAge, freshness.maxAge ?? 0));
  return seconds < 1 ? notKept : { maxAge: seconds, isPrivate: freshness.isPrivate, ageMs: 0 };
}

/**
 * The headers that tell clients and CDNs for how long an answer may be kept (RFC 9111), as names and values in turn. Answers to
 * POST carry no validator: nobody asks for them by it.
 */
export function cachingHeaders(
  { maxAge, isPrivate, ageMs }: CachePolicy,
  { isGet, entityTag }: { isGet: boolean; entityTag: string | undefined },
): readonly string[] {
  if (maxAge < 1) return headersOfNotKept;
  const headers = ['cache-control', `${isPrivate ? 'private' : 'public'}, max-age=${maxAge}`];
  const age = Math.min(maxAge, Math.floor(ageMs / 1_000));
  if (age > 0) headers.push('age', String(age));
  if (isGet) headers.push('vary', vary);
  if (isGet && entityTag !== undefined) headers.push('etag', entityTag);
  return headers;
}

/** The weak entity tag of an answer, by its `data`; of one that is kept it is found once. */
export function entityTagOf(answer: string | KeptText): string {
  if (typeof answer === 'string') return etag(answer, { weak: true });
  answer.etag ??= etag(answer.text, { weak: true });
  return answer.etag;
}

/** Whether a client that sends these headers has the answer already: it is told so (304) instead of being sent it again. */
export function isNotModified(request: IncomingHttpHeaders, entityTag: string): boolean {
  return request['if-none-match'] !== undefined && fresh(request, { etag: entityTag });
}
