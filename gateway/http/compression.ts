import { promisify } from 'node:util';
import { brotliCompress, constants, deflate, gzip } from 'node:zlib';
import { LRUCache } from 'lru-cache';
import Negotiator from 'negotiator';

export type Encoding = 'br' | 'gzip' | 'deflate';

/** A body as it is sent. With an encoding it needs `content-encoding`, and `vary: accept-encoding` with or without one. */
export type EncodedBody = { body: Buffer | string; encoding: Encoding | undefined };

export type Compression = {
  /**
   * Compresses a text where the client takes it so and it is long enough; else gives it back at once, without a promise.
   * @param acceptEncoding the request's header
   */
  encodeBody(acceptEncoding: string | undefined, text: string): EncodedBody | Promise<EncodedBody>;
};

/** Levels for answers that are made anew each time: a quarter of the time of the highest ones, for a few per cent more bytes. */
const encoders: Record<Encoding, (body: Buffer) => Promise<Buffer>> = {
  br: (body) =>
    promisify(brotliCompress)(body, {
      params: {
        [constants.BROTLI_PARAM_MODE]: constants.BROTLI_MODE_TEXT,
        [constants.BROTLI_PARAM_QUALITY]: 4,
        [constants.BROTLI_PARAM_SIZE_HINT]: body.length,
      },
    }),
  gzip: (body) => promisify(gzip)(body, { level: 5 }),
  deflate: (body) => promisify(deflate)(body, { level: 5 }),
};
/** What the package's types do not tell: its choice among what the client likes as much as each other. */
type PreferringNegotiator = {
  encoding<T extends string>(available: T[], options: { preferred: T[] }): T | undefined;
};

/** From the best for JSON to the least; a client that likes another better says so by `q`. */
const offered: Encoding[] = ['br', 'gzip', 'deflate'];

/**
 * Compresses answers as the client's `Accept-Encoding` asks for (RFC 9110, 12.5.3), off the main thread. Tokens are never
 * sent by a browser on its own here, so that no foreign page can make an answer whose length tells of a secret (BREACH).
 * @param options.minBytes shorter answers are sent as they are; 0 compresses everything
 */
export function createCompression(options: { minBytes: number }): Compression {
  // Clients of one kind send one header.
  const choices = new LRUCache<string, Encoding | 'identity'>({ max: 200 });

  function choose(header: string): Encoding | 'identity' {
    const known = choices.get(header);
    if (known) return known;
    const available: (Encoding | 'identity')[] = [...offered, 'identity'];
    const request = { headers: { 'accept-encoding': header } };
    const negotiator = new Negotiator(request) as unknown as PreferringNegotiator;
    const choice = negotiator.encoding(available, { preferred: offered }) ?? 'identity';
    if (header.length <= 200) choices.set(header, choice);
    return choice;
  }

  return {
    encodeBody(acceptEncoding, text) {
      if (!acceptEncoding || isShort(text, options.minBytes)) return { body: text, encoding: undefined };
      const encoding = choose(acceptEncoding);
      if (encoding === 'identity') return { body: text, encoding: undefined };
      return encoders[encoding](Buffer.from(text)).then((body) => ({ body, encoding }));
    },
  };
}

/**
 * The entity tag of a body in an encoding: a strong one would say that the bytes are the same (RFC 9110, 8.8.3).
 * @param etag quoted, strong or weak
 */
export function encodedEtag(etag: string, encoding: Encoding | undefined): string {
  return encoding === undefined || etag.startsWith('W/') ? etag : `W/${etag}`;
}

/** Whether a text has fewer bytes; most are told apart by their length, without being measured. */
function isShort(text: string, minBytes: number): boolean {
  if (text.length >= minBytes) return false;
  return text.length * 3 < minBytes || Buffer.byteLength(text) < minBytes;
}
