import jwt from 'jsonwebtoken';
import { LRUCache } from 'lru-cache';
import { anonymous, roles, type Caller, type Role, type User } from './caller.ts';
import { DomainError } from './errors.ts';
import { createTokenKeys, type TokenKeys } from './token-keys.ts';

export type TokenVerifier = {
  /**
   * Who an `Authorization` header speaks for. No header is an anonymous caller; a bad or expired token is refused,
   * never taken as anonymous.
   * @throws DomainError UNAUTHENTICATED; SUBGRAPH_UNAVAILABLE (retryable) while the keys cannot be read
   */
  verify(authorization: string | undefined): Promise<Caller>;
};

/**
 * Milliseconds for which a token that was verified is not verified anew: a signature takes some 100 µs to check. A key that
 * was taken away is refused so much later.
 */
const trustedMs = 60_000;
const trustedTokens = 5_000;

/**
 * Verifies ES256 access tokens (RFC 7519, RFC 7518) with the keys of a JWKS, or with `keys` where they are at hand. Without
 * either every caller is anonymous.
 */
export function createTokenVerifier(options: {
  jwksUrl?: string | undefined;
  keys?: TokenKeys;
  issuer: string;
}): TokenVerifier {
  const keys = options.keys ?? (options.jwksUrl ? createTokenKeys(options.jwksUrl) : undefined);
  if (!keys) return { verify: async () => anonymous };
  const trusted = new LRUCache<string, User>({ max: trustedTokens });
  return {
    async verify(authorization) {
      if (!authorization) return anonymous;
      const known = trusted.get(authorization);
      if (known && Date.now() < known.expiresAt) return known;
      const token = /^Bearer ([\w.-]+)$/i.exec(authorization)?.[1];
      if (!token) throw refusal('The Authorization header must be `Bearer <access token>`');
      const kid = keyIdOf(token);
      if (!kid) throw refusal('The access token names no key');
      const key = await keys.keyOf(kid);
      if (key === undefined) throw refusal('The access token is signed with an unknown key');
      try {
        const user = toUser(jwt.verify(token, key, { algorithms: ['ES256'], issuer: options.issuer }));
        trusted.set(authorization, user, { ttl: trustedMs });
        return user;
      } catch (cause) {
        throw refusal(
          cause instanceof jwt.TokenExpiredError ? 'The access token has expired' : 'The access token is not valid',
          cause,
        );
      }
    },
  };
}

/** The key that a token says it is signed with; nothing where it is no token at all. */
function keyIdOf(token: string): string | undefined {
  try {
    return jwt.decode(token, { complete: true })?.header.kid;
  } catch {
    return undefined;
  }
}

function toUser(claims: string | jwt.JwtPayload): User {
  if (typeof claims === 'string' || typeof claims.sub !== 'string' || typeof claims.sid !== 'string' || !claims.exp) {
    throw new TypeError('claims sub, sid and exp are required');
  }
  const held: unknown[] = Array.isArray(claims.roles) ? claims.roles : [];
  return {
    kind: 'user',
    userId: claims.sub,
    sessionId: claims.sid,
    roles: held.filter((role): role is Role => roles.some((known) => known === role)),
    expiresAt: claims.exp * 1000,
  };
}

function refusal(message: string, cause?: unknown): DomainError {
  return new DomainError('UNAUTHENTICATED', message, { cause });
}
