import { createHash, randomBytes } from 'node:crypto';
import { requireUser, type Caller, type User as SignedIn } from '#shared/caller.ts';
import type { SqlClient, TransactionalClient } from '#shared/database.ts';
import { DomainError } from '#shared/errors.ts';
import type { Logger } from '#shared/logger.ts';
import { orRefusal } from '#shared/refusal.ts';
import { isUuid } from '#shared/uuid.ts';
import type { AccessTokens } from './access-tokens.ts';
import { invalidRefreshToken, type InvalidRefreshTokenError } from './auth-refusals.ts';
import { isActive, judgeRefreshToken, refreshExpiry, type Session, type SessionLifetimes } from './domain/session.ts';
import { type User } from './domain/user.ts';
import { createSessionRepository } from './session-repository.ts';
import { createUserRepository } from './user-repository.ts';

/** What a client is given when it has signed in or refreshed. */
export type AuthSession = {
  __typename: 'AuthSession';
  accessToken: string;
  expiresAt: Date;
  refreshToken: string;
  refreshExpiresAt: Date;
  sessionId: string;
  user: User;
};

export type SessionService = {
  /** Opens a session, in the transaction that has let the user in. */
  open(transaction: SqlClient, user: User, userAgent: string | undefined): Promise<AuthSession>;
  /** Gives new tokens for a refresh token, which is used up. */
  refresh(refreshToken: string): Promise<AuthSession | InvalidRefreshTokenError>;
  /**
   * Makes a session the only one of its user, with new tokens: no other refresh token works any more.
   * @throws DomainError UNAUTHENTICATED when it has ended meanwhile
   */
  keepOnly(transaction: SqlClient, sessionId: string, user: User): Promise<AuthSession>;
  /** The caller, with the roles that they have now, while their session is active. */
  find(caller: Caller): Promise<SignedIn | undefined>;
  /** The same. @throws DomainError UNAUTHENTICATED when nobody is signed in or the session has ended */
  require(caller: Caller): Promise<SignedIn>;
  /** The active sessions of the caller, latest seen first, at most 100; `null` for those of anybody else. */
  list(caller: Caller, userId: string): Promise<Session[] | null>;
  /** Ends the caller's session. @throws DomainError UNAUTHENTICATED */
  logout(caller: Caller): Promise<true>;
  /** Ends a session of the caller's. @returns whether there was an active one. @throws DomainError UNAUTHENTICATED */
  revoke(caller: Caller, id: string): Promise<boolean>;
};

const listed = 100;

/** Sessions and the tokens that they live by. */
export function createSessionService<Transaction extends SqlClient>(options: {
  database: TransactionalClient<Transaction>;
  accessTokens: AccessTokens;
  lifetimes: SessionLifetimes;
  now: () => Date;
  logger: Logger;
}): SessionService {
  const { database, accessTokens, lifetimes, now, logger } = options;
  const sessions = createSessionRepository(database);

  /** Writes a new refresh token, and signs an access token before anything is committed. */
  async function issue(
    transaction: SqlClient,
    given: { session: Session; user: User; predecessor: string | null; at: Date },
  ): Promise<AuthSession> {
    const { session, user, predecessor, at } = given;
    const refreshToken = randomBytes(32).toString('base64url');
    const refreshExpiresAt = refreshExpiry(at, session.endsAt, lifetimes);
    const repository = createSessionRepository(transaction);
    const hash = hashOf(refreshToken);
    await repository.addToken(session.id, { hash, predecessor, issuedAt: at, expiresAt: refreshExpiresAt });
    await repository.prolong(session.id, { lastSeenAt: at, expiresAt: refreshExpiresAt });
    const claims = { userId: user.id, sessionId: session.id, roles: user.roles, sessionEndsAt: session.endsAt };
    return {
      __typename: 'AuthSession',
      ...accessTokens.issue(claims, at),
      refreshToken,
      refreshExpiresAt,
      sessionId: session.id,
      user,
    };
  }

  /** `undefined` where the token is refused: what it has ended stays ended, so that is no reason to roll back. */
  async function rotate(transaction: SqlClient, hash: string): Promise<AuthSession | undefined> {
    const repository = createSessionRepository(transaction);
    const id = await repository.ofToken(hash);
    const session = id === undefined ? undefined : await repository.lock(id);
    // Read behind the lock: another request may have used the token meanwhile.
    const token = session && (await repository.token(hash));
    if (!session || !token) return undefined;
    const at = now();
    const verdict = judgeRefreshToken(token, session, { now: at, graceMs: lifetimes.graceMs });
    if (verdict === 'END_SESSION') {
      await repository.end(session.id, session.userId, at, 'TOKEN_REUSED');
      const { id: sessionId, userId } = session;
      logger.warn({ sessionId, userId }, 'a used refresh token came back: its session is ended');
    }
    if (verdict !== 'ROTATE') return undefined;
    await repository.markUsed(hash, at);
    const [user] = await createUserRepository(transaction).byIds([session.userId]);
    return user && issue(transaction, { session, user, predecessor: hash, at });
  }

  async function find(caller: Caller): Promise<SignedIn | undefined> {
    if (caller.kind !== 'user' || !isUuid(caller.sessionId) || !isUuid(caller.userId)) return undefined;
    const roles = await sessions.rolesOfActive(caller.sessionId, caller.userId, now());
    return roles && { ...caller, roles };
  }

  async function required(caller: Caller): Promise<SignedIn> {
    const user = await find(requireUser(caller));
    if (!user) throw sessionEnded();
    return user;
  }

  return {
    async open(transaction, user, userAgent) {
      const at = now();
      const endsAt = new Date(at.getTime() + lifetimes.sessionMaxMs);
      const session = await createSessionRepository(transaction).open({
        userId: user.id,
        userAgent: userAgent ?? null,
        createdAt: at,
        expiresAt: refreshExpiry(at, endsAt, lifetimes),
        endsAt,
      });
      return issue(transaction, { session, user, predecessor: null, at });
    },
    refresh: (refreshToken) =>
      orRefusal<AuthSession, InvalidRefreshTokenError>(async () => {
        const hash = hashOf(refreshToken);
        const opened = await database.$transaction((transaction) => rotate(transaction, hash));
        if (!opened) throw invalidRefreshToken();
        return opened;
      }),
    async keepOnly(transaction, sessionId, user) {
      const repository = createSessionRepository(transaction);
      const session = await repository.lock(sessionId);
      const at = now();
      if (!session || !isActive(session, at)) throw sessionEnded();
      await repository.endOthers(sessionId, user.id, at, 'PASSWORD_CHANGED');
      await repository.forgetTokens(sessionId);
      return issue(transaction, { session, user, predecessor: null, at });
    },
    find,
    require: required,
    async list(caller, userId) {
      if (caller.kind !== 'user' || caller.userId !== userId || !(await find(caller))) return null;
      return sessions.active(userId, now(), listed);
    },
    async logout(caller) {
      const { userId, sessionId } = await required(caller);
      await sessions.end(sessionId, userId, now(), 'LOGGED_OUT');
      return true;
    },
    async revoke(caller, id) {
      const { userId } = await required(caller);
      return isUuid(id) && sessions.end(id, userId, now(), 'REVOKED');
    },
  };
}

function sessionEnded(): DomainError {
  return new DomainError('UNAUTHENTICATED', 'The session has ended: sign in again');
}

/** A token is random enough that a fast hash keeps it secret. */
function hashOf(refreshToken: string): string {
  return createHash('sha256').update(refreshToken).digest('base64url');
}
