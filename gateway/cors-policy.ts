import type { IncomingMessage, ServerResponse } from 'node:http';
import { LRUCache } from 'lru-cache';
import { correlationHeader } from '#shared/correlation.ts';

export type CorsPolicy = {
  /** The headers of an answer to a page of an origin; without an origin, of an answer to anybody. The same object each time. */
  headersFor(origin: string | undefined): Readonly<Record<string, string>>;
  /** Answers a preflight; tells whether the request was one. */
  answerPreflight(request: IncomingMessage, response: ServerResponse): boolean;
  /** Sets the headers of an answer; tells whether the request was a preflight, which is then answered. */
  apply(request: IncomingMessage, response: ServerResponse): boolean;
};

const localhost = /^https?:\/\/(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/;
/** Apollo Sandbox in the browser's own window asks from here. */
const sandbox = 'https://studio.apollographql.com';

/** What a page of another origin may read of an answer beside its body. */
const exposed = [correlationHeader, 'ratelimit', 'ratelimit-policy', 'retry-after', 'age', 'etag'].join();
/** Seconds for which a browser need not ask again whether it may. */
const preflightSeconds = 600;

/**
 * Which browser applications of other origins may ask (the Fetch standard's CORS protocol). No cookies are used, so
 * credentials are never allowed.
 * @param options.origins exact origins, or `*` for all
 * @param options.allowLocalhost developers may ask: pages of any localhost, and Apollo Sandbox
 */
export function createCorsPolicy(options: { origins: string[]; allowLocalhost: boolean }): CorsPolicy {
  const allowsAll = options.origins.includes('*');
  const isAllowed = (origin: string) =>
    options.origins.includes(origin) || (options.allowLocalhost && (origin === sandbox || localhost.test(origin)));
  // An answer that says whom it is for must not be shown to another, by no cache on the way.
  const others: Readonly<Record<string, string>> = allowsAll ? {} : { vary: 'origin' };
  const everybody = allowsAll ? allowing('*') : others;
  const known = new LRUCache<string, Readonly<Record<string, string>>>({ max: 1_000 });

  function allowing(origin: string): Readonly<Record<string, string>> {
    return { ...others, 'access-control-allow-origin': origin, 'access-control-expose-headers': exposed };
  }

  function headersFor(origin: string | undefined): Readonly<Record<string, string>> {
    if (origin === undefined || allowsAll) return everybody;
    const existing = known.get(origin);
    if (existing) return existing;
    if (!isAllowed(origin)) return others;
    const headers = allowing(origin);
    known.set(origin, headers);
    return headers;
  }

  function answerPreflight(request: IncomingMessage, response: ServerResponse): boolean {
    const { origin } = request.headers;
    if (request.method !== 'OPTIONS' || origin === undefined) return false;
    const allowed = headersFor(origin)['access-control-allow-origin'];
    const asked = request.headers['access-control-request-headers'];
    const vary = [...(allowsAll ? [] : ['origin']), 'access-control-request-headers'].join();
    // Nothing is said to a page that may not ask: its browser tells it why.
    response
      .writeHead(204, {
        vary,
        'content-length': '0',
        ...(allowed && {
          'access-control-allow-origin': allowed,
          'access-control-allow-methods': 'GET,POST',
          ...(asked && { 'access-control-allow-headers': asked }),
          'access-control-max-age': String(preflightSeconds),
        }),
      })
      .end();
    return true;
  }

  return {
    headersFor,
    answerPreflight,
    apply(request, response) {
      if (answerPreflight(request, response)) return true;
      for (const [name, value] of Object.entries(headersFor(request.headers.origin))) response.setHeader(name, value);
      return false;
    },
  };
}
