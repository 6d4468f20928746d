import type { IncomingMessage, ServerResponse } from 'node:http';
import { correlationHeader } from '#shared/correlation.ts';
import type { CorsPolicy } from '../cors-policy.ts';
import { cachingHeaders, isForAll, isNotModified, type CachePolicy } from '../queries/caching/caching-headers.ts';
import type { Budget } from '../security/limits/rates.ts';
import { rateHeaders } from '../security/limits/rate-headers.ts';
import { encodedEtag, type Compression, type EncodedBody } from './compression.ts';
import type { SecurityHeaders } from './security-headers.ts';

/** An answer in one piece. */
export type HttpAnswer = {
  status: number;
  contentType: string;
  text: string;
  policy: CachePolicy;
  /** Of the answer to a GET that may be kept. */
  entityTag: string | undefined;
  /** What is left of the client's budget, which an answer for all does not tell; `undefined` where it has no limit. */
  budget: Budget | undefined;
  /** Others, as names and values in turn. */
  headers: readonly string[];
};

export type SendAnswer = (
  exchange: { request: IncomingMessage; response: ServerResponse },
  correlationId: string,
  answer: HttpAnswer,
) => void | Promise<void>;

/** Sends answers with everything that HTTP wants to be said about them. */
export function createAnswerSender(options: {
  cors: CorsPolicy;
  security: SecurityHeaders;
  compression: Compression;
}): SendAnswer {
  const { cors, security, compression } = options;

  /** What all answers to pages of an origin have, as `CorsPolicy` knows origins. */
  const heads = new WeakMap<object, readonly string[]>();

  function headsFor(origin: string | undefined): readonly string[] {
    const allowed = cors.headersFor(origin);
    const existing = heads.get(allowed);
    if (existing) return existing;
    const head = [...security.list, ...Object.entries(allowed).flat()];
    heads.set(allowed, head);
    return head;
  }

  return ({ request, response }, correlationId, answer) => {
    const { policy, entityTag, budget } = answer;
    const isGet = request.method === 'GET';
    // A list: Node writes it as it is, while it would look at every name that is set by itself.
    const head = [
      ...headsFor(request.headers.origin),
      'content-type',
      answer.contentType,
      correlationHeader,
      correlationId,
    ];
    if (budget && !isForAll(policy))
      for (const [name, value] of Object.entries(rateHeaders(budget))) head.push(name, value);
    head.push(...answer.headers);

    function finish(status: number, { body, encoding }: EncodedBody): void {
      const tag = entityTag === undefined ? undefined : encodedEtag(entityTag, encoding);
      head.push(...cachingHeaders(policy, { isGet, entityTag: tag }));
      if (encoding) head.push('content-encoding', encoding);
      const bytes = Buffer.byteLength(body);
      if (status !== 304) head.push('content-length', String(bytes));
      // Where each character is a byte, it is the same and need not be encoded.
      response.writeHead(status, head).end(body, bytes === body.length ? 'latin1' : 'utf8');
    }

    if (isGet && entityTag !== undefined && isNotModified(request.headers, entityTag))
      return finish(304, { body: '', encoding: undefined });
    const encoded = compression.encodeBody(request.headers['accept-encoding'], answer.text);
    if ('then' in encoded) return encoded.then((body) => finish(answer.status, body));
    finish(answer.status, encoded);
  };
}
