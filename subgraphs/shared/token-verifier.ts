import jwt from 'jsonwebtoken';
import { anonymous, roles, type Caller, type Role } from './caller.ts';
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
  return {
    async verify(authorization) {
      if (!authorization) return anonymous;
      const token = /^Bearer ([\w.-]+)$/i.exec(authorization)?.[1];
      if (!token) throw refusal('The Authorization header must be `Bearer <access token>`');
      const kid = keyIdOf(token);
      if (!kid) throw refusal('The access token names no key');
      const key = await keys.keyOf(kid);
      if (key === undefined) throw refusal('The access token is signed with an unknown key');
      try {
        return toCaller(jwt.verify(token, key, { algorithms: ['ES256'], issuer: options.issuer }));
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

function toCaller(claims: string | jwt.JwtPayload): Caller {
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
