import { DomainError } from '#shared/errors.ts';
import type { TokenVerifier } from '#shared/token-verifier.ts';
import type { EndedSessions } from './ended-sessions.ts';

/**
 * Verifies access tokens at the door, for every transport: one of a session that has ended is refused like one that has
 * expired, although its signature is good.
 */
export function createCallerVerifier(options: {
  tokens: TokenVerifier;
  endedSessions: Pick<EndedSessions, 'has'>;
}): TokenVerifier {
  const { tokens, endedSessions } = options;
  return {
    async verify(authorization) {
      const caller = await tokens.verify(authorization);
      if (caller.kind === 'user' && endedSessions.has(caller.sessionId))
        throw new DomainError('UNAUTHENTICATED', 'The session has ended');
      return caller;
    },
  };
}
