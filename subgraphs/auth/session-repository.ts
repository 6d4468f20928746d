import type { SqlClient } from '#shared/database.ts';
import type { EndReason, Session, StoredRefreshToken } from './domain/session.ts';
import type { Role } from './domain/user.ts';

/** A refresh token as it is written: its hash, and the hash of the one that it was given for. */
export type NewRefreshToken = { hash: string; predecessor: string | null; issuedAt: Date; expiresAt: Date };

export type SessionRepository = {
  open(session: Omit<Session, 'id' | 'lastSeenAt' | 'endedAt'>): Promise<Session>;
  /** Locks a session, so that nobody refreshes or ends it before the transaction has ended. */
  lock(id: string): Promise<Session | undefined>;
  /** The session that a refresh token belongs to. */
  ofToken(hash: string): Promise<string | undefined>;
  /** A refresh token; read it with its session locked, so that it does not change any more. */
  token(hash: string): Promise<StoredRefreshToken | undefined>;
  addToken(sessionId: string, token: NewRefreshToken): Promise<void>;
  /** Notes the first use of a refresh token. */
  markUsed(hash: string, at: Date): Promise<void>;
  /** Forgets the refresh tokens of a session, so that none of them works. */
  forgetTokens(sessionId: string): Promise<void>;
  /** Notes that a session was used, and how long it lasts now. */
  prolong(id: string, times: { lastSeenAt: Date; expiresAt: Date }): Promise<void>;
  /** Ends a session of a user that is active. @returns whether there was one */
  end(id: string, userId: string, at: Date, reason: EndReason): Promise<boolean>;
  /** Ends every other session of a user. */
  endOthers(keptId: string, userId: string, at: Date, reason: EndReason): Promise<void>;
  /** Sessions that were ended before their time, by anybody, after a moment. */
  endedSince(since: Date): Promise<{ id: string; endedAt: Date }[]>;
  /** The active sessions of a user, latest seen first. */
  active(userId: string, now: Date, limit: number): Promise<Session[]>;
  /** The roles that the user of an active session has now. */
  rolesOfActive(id: string, userId: string, now: Date): Promise<Role[] | undefined>;
};

const columns = `id, user_id AS "userId", user_agent AS "userAgent", created_at AS "createdAt",
  last_seen_at AS "lastSeenAt", expires_at AS "expiresAt", ends_at AS "endsAt", ended_at AS "endedAt"`;

/** Sessions and their refresh tokens in PostgreSQL. `database` may be a transaction. */
export function createSessionRepository(database: SqlClient): SessionRepository {
  const one = async <Row>(sql: string, ...values: unknown[]): Promise<Row | undefined> =>
    (await database.$queryRawUnsafe<Row[]>(sql, ...values))[0];
  return {
    async open({ userId, userAgent, createdAt, expiresAt, endsAt }) {
      const session = await one<Session>(
        `INSERT INTO session (user_id, user_agent, created_at, last_seen_at, expires_at, ends_at)
         VALUES ($1::uuid, $2, $3::timestamptz, $3::timestamptz, $4::timestamptz, $5::timestamptz) RETURNING ${columns}`,
        userId,
        userAgent,
        createdAt.toISOString(),
        expiresAt.toISOString(),
        endsAt.toISOString(),
      );
      return session!;
    },
    lock: (id) => one(`SELECT ${columns} FROM session WHERE id = $1::uuid FOR NO KEY UPDATE`, id),
    ofToken: async (hash) =>
      (await one<{ id: string }>(`SELECT session_id AS id FROM refresh_token WHERE hash = $1`, hash))?.id,
    token: (hash) =>
      one(
        `SELECT expires_at AS "expiresAt", used_at AS "usedAt",
           EXISTS (SELECT FROM refresh_token successor
                   WHERE successor.predecessor = $1 AND successor.used_at IS NOT NULL) AS "hasUsedSuccessor"
         FROM refresh_token WHERE hash = $1`,
        hash,
      ),
    async addToken(sessionId, { hash, predecessor, issuedAt, expiresAt }) {
      await database.$executeRawUnsafe(
        `INSERT INTO refresh_token (hash, session_id, predecessor, issued_at, expires_at)
         VALUES ($1, $2::uuid, $3, $4::timestamptz, $5::timestamptz)`,
        hash,
        sessionId,
        predecessor,
        issuedAt.toISOString(),
        expiresAt.toISOString(),
      );
    },
    async markUsed(hash, at) {
      await database.$executeRawUnsafe(
        `UPDATE refresh_token SET used_at = $2::timestamptz WHERE hash = $1 AND used_at IS NULL`,
        hash,
        at.toISOString(),
      );
    },
    async forgetTokens(sessionId) {
      await database.$executeRawUnsafe(`DELETE FROM refresh_token WHERE session_id = $1::uuid`, sessionId);
    },
    async prolong(id, { lastSeenAt, expiresAt }) {
      await database.$executeRawUnsafe(
        `UPDATE session SET last_seen_at = $2::timestamptz, expires_at = $3::timestamptz WHERE id = $1::uuid`,
        id,
        lastSeenAt.toISOString(),
        expiresAt.toISOString(),
      );
    },
    end: async (id, userId, at, reason) =>
      (await database.$executeRawUnsafe(
        `UPDATE session SET ended_at = $3::timestamptz, end_reason = $4
         WHERE id = $1::uuid AND user_id = $2::uuid AND ended_at IS NULL AND expires_at > $3::timestamptz`,
        id,
        userId,
        at.toISOString(),
        reason,
      )) > 0,
    async endOthers(keptId, userId, at, reason) {
      await database.$executeRawUnsafe(
        `UPDATE session SET ended_at = $3::timestamptz, end_reason = $4
         WHERE user_id = $2::uuid AND id <> $1::uuid AND ended_at IS NULL`,
        keptId,
        userId,
        at.toISOString(),
        reason,
      );
    },
    endedSince: (since) =>
      database.$queryRawUnsafe<{ id: string; endedAt: Date }[]>(
        `SELECT id, ended_at AS "endedAt" FROM session WHERE ended_at > $1::timestamptz ORDER BY ended_at`,
        since.toISOString(),
      ),
    active: (userId, now, limit) =>
      database.$queryRawUnsafe<Session[]>(
        `SELECT ${columns} FROM session
         WHERE user_id = $1::uuid AND ended_at IS NULL AND expires_at > $2::timestamptz
         ORDER BY last_seen_at DESC, id DESC LIMIT ${Math.trunc(limit)}`,
        userId,
        now.toISOString(),
      ),
    rolesOfActive: async (id, userId, now) =>
      (
        await one<{ roles: Role[] }>(
          `SELECT roles FROM session JOIN user_account ON user_account.id = user_id
           WHERE session.id = $1::uuid AND user_id = $2::uuid AND ended_at IS NULL AND expires_at > $3::timestamptz`,
          id,
          userId,
          now.toISOString(),
        )
      )?.roles,
  };
}
