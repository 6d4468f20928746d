import { createHash, createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import jwt from 'jsonwebtoken';
import { z } from 'zod';

const decimalText = z.string().regex(/^-?\d+(\.\d+)?$/);
const issuer = 'gold-pricing';
const audience = 'gold-order';

/** What a firm quote promises, to whom, and until when. Money is exact decimals in `currency`; instants are epoch milliseconds. */
export const quoteTerms = z.object({
  quoteId: z.uuid(),
  customerId: z.string(),
  sku: z.string(),
  side: z.enum(['BUY', 'SELL']),
  /** Pieces. */
  quantity: z.number().int().positive(),
  currency: z.string().length(3),
  unitPrice: decimalText,
  total: decimalText,
  lines: z.array(
    z.object({
      stage: z.string(),
      label: z.string(),
      amount: decimalText,
      ruleCode: z.string().nullable(),
      ruleVersion: z.number().int().nullable(),
    }),
  ),
  /** The tick that it was priced at. */
  symbol: z.string(),
  sequence: z.number().int().positive(),
  couponCode: z.string().nullable(),
  createdAt: z.number().int(),
  expiresAt: z.number().int(),
});

export type QuoteTerms = z.infer<typeof quoteTerms>;

export type QuoteSigner = { sign(terms: QuoteTerms): string };
export type QuoteVerifier = {
  /**
   * The terms of a token, expired or not: the caller compares `expiresAt` with its own clock.
   * @returns `undefined` when nobody who may has signed it, or it is no quote
   */
  verify(token: string): QuoteTerms | undefined;
};

/**
 * Signs quotes as JSON Web Signatures (RFC 7515) with ES256 (RFC 7518).
 * @param privateKey PKCS #8, DER in base64, of a P-256 key
 */
export function createQuoteSigner(privateKey: string): QuoteSigner {
  const key = createPrivateKey({ key: Buffer.from(privateKey, 'base64'), format: 'der', type: 'pkcs8' });
  const keyid = thumbprint(createPublicKey(key));
  return {
    sign: ({ quoteId, customerId, ...terms }) =>
      jwt.sign({ ...terms, iat: Math.floor(terms.createdAt / 1000) }, key, {
        algorithm: 'ES256',
        keyid,
        issuer,
        audience,
        jwtid: quoteId,
        subject: customerId,
      }),
  };
}

/**
 * Verifies quotes without asking anybody.
 * @param publicKeys SubjectPublicKeyInfo, DER in base64, of P-256 keys; several while keys are being changed
 */
export function createQuoteVerifier(publicKeys: readonly string[]): QuoteVerifier {
  const keys = new Map(publicKeys.map(readPublicKey).map((key) => [thumbprint(key), key]));
  return {
    verify(token) {
      try {
        // Decoding throws where the parts are not JSON.
        const key = keys.get(jwt.decode(token, { complete: true })?.header.kid ?? '');
        if (!key) return undefined;
        const claims = jwt.verify(token, key, { algorithms: ['ES256'], issuer, audience, ignoreExpiration: true });
        if (typeof claims === 'string') return undefined;
        return quoteTerms.safeParse({ ...claims, quoteId: claims.jti, customerId: claims.sub }).data;
      } catch {
        return undefined;
      }
    },
  };
}

/** The public half of a private key, as `createQuoteVerifier` takes it. */
export function publicKeyOf(privateKey: string): string {
  const key = createPrivateKey({ key: Buffer.from(privateKey, 'base64'), format: 'der', type: 'pkcs8' });
  return createPublicKey(key).export({ format: 'der', type: 'spki' }).toString('base64');
}

function readPublicKey(text: string): KeyObject {
  return createPublicKey({ key: Buffer.from(text, 'base64'), format: 'der', type: 'spki' });
}

/** A key's name, made from the key itself: RFC 7638. */
function thumbprint(key: KeyObject): string {
  const { crv, kty, x, y } = key.export({ format: 'jwk' });
  return createHash('sha256').update(JSON.stringify({ crv, kty, x, y })).digest('base64url');
}
