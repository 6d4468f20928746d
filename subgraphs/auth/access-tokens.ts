import { randomUUID } from 'node:crypto';
import jwt from 'jsonwebtoken';
import type { Role } from './domain/user.ts';
import type { SigningKeys } from './signing-keys.ts';

export type AccessTokens = {
  /** Signs a token for a user in a session, valid for its lifetime but not longer than the session lasts. */
  issue(claims: AccessTokenClaims, now: Date): { accessToken: string; expiresAt: Date };
};

export type AccessTokenClaims = { userId: string; sessionId: string; roles: Role[]; sessionEndsAt: Date };

/**
 * Access tokens: JWTs (RFC 7519) signed with ES256, with the claims `sub` (user), `sid` (session), `roles`, `iat`, `exp`,
 * `iss` and `jti`.
 */
export function createAccessTokens(options: { keys: SigningKeys; issuer: string; lifetimeMs: number }): AccessTokens {
  const { keys, issuer, lifetimeMs } = options;
  return {
    issue({ userId, sessionId, roles, sessionEndsAt }, now) {
      const { kid, privateKey } = keys.signer(now);
      const exp = Math.floor(Math.min(now.getTime() + lifetimeMs, sessionEndsAt.getTime()) / 1000);
      const iat = Math.floor(now.getTime() / 1000);
      const claims = { sub: userId, sid: sessionId, roles, iat, exp, iss: issuer, jti: randomUUID() };
      return {
        accessToken: jwt.sign(claims, privateKey, { algorithm: 'ES256', keyid: kid }),
        expiresAt: new Date(exp * 1000),
      };
    },
  };
}
