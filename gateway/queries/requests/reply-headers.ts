import type { RawHeaders } from './subgraph-client.ts';

/** The value of the header that comes first with a name, given in lower case. */
export function headerOf(rawHeaders: RawHeaders, name: string): string | undefined {
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const given = rawHeaders[at]!;
    if (given.length === name.length && given.toString('latin1').toLowerCase() === name)
      return rawHeaders[at + 1]!.toString('latin1');
  }
  return undefined;
}

/** For how many seconds an answer may still be kept, and whether by everybody, as its headers say: not at all unless they do. */
export function freshnessOf(rawHeaders: RawHeaders): { maxAge: number; isPrivate: boolean } {
  const directives = headerOf(rawHeaders, 'cache-control')?.toLowerCase();
  if (directives === undefined) return { maxAge: 0, isPrivate: false };
  const isPrivate = /\bprivate\b/.test(directives);
  if (/\bno-(store|cache)\b/.test(directives)) return { maxAge: 0, isPrivate };
  // The gateway is a shared cache, for which s-maxage is meant (RFC 9111).
  const maxAge = /\bs-maxage="?(\d+)/.exec(directives) ?? /\bmax-age="?(\d+)/.exec(directives);
  const age = Number(headerOf(rawHeaders, 'age') ?? 0);
  return { maxAge: Math.max(0, Number(maxAge?.[1] ?? 0) - (Number.isFinite(age) ? age : 0)), isPrivate };
}

/**
 * Milliseconds of a Retry-After header, which has seconds or a date; `undefined` for none and for what is neither.
 * @param now milliseconds since 1970
 */
export function retryAfterMs(header: string | undefined, now: number): number | undefined {
  if (header === undefined) return undefined;
  if (/^\d{1,9}$/.test(header)) return Number(header) * 1_000;
  const time = Date.parse(header);
  return Number.isNaN(time) ? undefined : Math.max(0, time - now);
}
