/** A sign-in on one device. */
export type Session = {
  id: string;
  userId: string;
  userAgent: string | null;
  createdAt: Date;
  lastSeenAt: Date;
  /** When its latest refresh token expires. */
  expiresAt: Date;
  /** It never lasts longer, however often it is refreshed. */
  endsAt: Date;
  endedAt: Date | null;
};

/** Why a session ended before its time. */
export type EndReason = 'LOGGED_OUT' | 'REVOKED' | 'TOKEN_REUSED' | 'PASSWORD_CHANGED';

/** A refresh token as it is stored, and whether one that was given for it has been used already. */
export type StoredRefreshToken = { expiresAt: Date; usedAt: Date | null; hasUsedSuccessor: boolean };

/** What becomes of a refresh token that is presented: a new one for it, nothing, or the end of its whole session. */
export type RefreshVerdict = 'ROTATE' | 'REFUSE' | 'END_SESSION';

/** Lifetimes in milliseconds. */
export type SessionLifetimes = { refreshMs: number; sessionMaxMs: number; graceMs: number };

/** Whether a session can still be used. */
export function isActive(session: Pick<Session, 'endedAt' | 'expiresAt'>, now: Date): boolean {
  return session.endedAt === null && session.expiresAt > now;
}

/** When a refresh token given now expires: after its lifetime, but not later than its session ends. */
export function refreshExpiry(now: Date, endsAt: Date, { refreshMs }: SessionLifetimes): Date {
  return new Date(Math.min(now.getTime() + refreshMs, endsAt.getTime()));
}

/**
 * Judges a refresh token that is presented (RFC 9700, section 4.14.2). A token works once. A used one that comes back was
 * stolen, before or after its use, so its session ends. Only the immediate predecessor of the newest tokens is forgiven for
 * `graceMs` after its first use: two tabs that refresh at once, or a client that has lost the answer, send the same token
 * twice. Each of them gets a token that works; as soon as one of those has been used, the grace is over.
 */
export function judgeRefreshToken(
  token: StoredRefreshToken,
  session: Pick<Session, 'endedAt' | 'expiresAt'>,
  { now, graceMs }: { now: Date; graceMs: number },
): RefreshVerdict {
  if (!isActive(session, now) || token.expiresAt <= now) return 'REFUSE';
  if (token.usedAt === null) return 'ROTATE';
  const isInGrace = now.getTime() - token.usedAt.getTime() < graceMs;
  return isInGrace && !token.hasUsedSuccessor ? 'ROTATE' : 'END_SESSION';
}
