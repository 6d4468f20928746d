import type { ServerResponse } from 'node:http';

export type SecurityHeaders = {
  /** For answers that are data: name, value, name, value, as `writeHead` takes them. */
  readonly list: readonly string[];
  /** The same as an object. */
  readonly record: Readonly<Record<string, string>>;
  /** Sets them on an answer whose head is written by somebody else, who may replace them. */
  apply(response: ServerResponse): void;
};

/** For everything that is answered, pages too. Node itself names no server and no version. */
const always = { 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer' };

/**
 * Headers that tell browsers what an answer is not (OWASP REST Security Cheat Sheet): no page, no script, nothing to be
 * framed, and no resource that another site may load without asking. Who may ask from another site is CORS's to say.
 * @param options.strictTransportSeconds for how long browsers are to come back by HTTPS only (RFC 6797); 0 says nothing of it
 */
export function createSecurityHeaders(options: { strictTransportSeconds: number }): SecurityHeaders {
  const record = {
    ...always,
    'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
    'x-frame-options': 'DENY',
    'cross-origin-resource-policy': 'same-origin',
    ...strictTransport(options.strictTransportSeconds),
  };
  const entries = Object.entries(record);
  return {
    record,
    list: entries.flat(),
    apply(response) {
      for (const [name, value] of entries) response.setHeader(name, value);
    },
  };
}

/** The headers of a page. @param policy its Content-Security-Policy, which says too who may frame it: nobody */
export function pageSecurityHeaders(policy: string): Record<string, string> {
  return { ...always, 'content-security-policy': policy, 'x-frame-options': 'DENY' };
}

function strictTransport(seconds: number): Record<string, string> {
  return seconds > 0 ? { 'strict-transport-security': `max-age=${seconds}` } : {};
}
