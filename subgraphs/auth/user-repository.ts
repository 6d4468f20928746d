import type { SqlClient } from '#shared/database.ts';
import { emailKey } from './domain/email-address.ts';
import type { Profile } from './domain/profile.ts';
import type { Role, User } from './domain/user.ts';

export type UserRepository = {
  /** Adds somebody; `undefined` when the address is taken. */
  add(user: Profile & { passwordHash: string; roles: Role[]; createdAt: Date }): Promise<User | undefined>;
  /** Who has an address, with the password hash. */
  byEmail(email: string): Promise<(User & { passwordHash: string }) | undefined>;
  /** Users in no order; one statement for all. The ids must be UUIDs. */
  byIds(ids: readonly string[]): Promise<User[]>;
  /** A page, newest first, of those whose name or address contains every word. */
  list(options: { words: string[]; limit: number; behind: string | undefined }): Promise<User[]>;
  /** Locks a user's row, so that nobody changes it before the transaction has ended. */
  lock(id: string): Promise<(User & { passwordHash: string }) | undefined>;
  /** Whether somebody still has this password; as long as the transaction lasts nobody changes it. */
  holdPassword(id: string, passwordHash: string): Promise<boolean>;
  setPassword(id: string, passwordHash: string): Promise<void>;
  /** Sets the roles and counts the version up. */
  setRoles(id: string, roles: readonly Role[]): Promise<User>;
  /** Whether anybody else is an administrator. */
  hasOtherAdministrator(id: string): Promise<boolean>;
};

const columns = `id, email, is_email_verified AS "emailVerified", name, locale, phone, roles, version,
  created_at AS "createdAt"`;

/** Users in PostgreSQL. `database` may be a transaction. */
export function createUserRepository(database: SqlClient): UserRepository {
  const one = async <Row>(sql: string, ...values: unknown[]): Promise<Row | undefined> =>
    (await database.$queryRawUnsafe<Row[]>(sql, ...values))[0];
  return {
    add: (user) =>
      one<User>(
        `INSERT INTO user_account (email, email_key, name, locale, phone, password_hash, roles, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7::text[], $8::timestamptz)
         ON CONFLICT (email_key) DO NOTHING RETURNING ${columns}`,
        user.email,
        emailKey(user.email),
        user.name,
        user.locale,
        user.phone,
        user.passwordHash,
        user.roles,
        user.createdAt.toISOString(),
      ),
    byEmail: (email) =>
      one(`SELECT ${columns}, password_hash AS "passwordHash" FROM user_account WHERE email_key = $1`, emailKey(email)),
    byIds: (ids) =>
      database.$queryRawUnsafe<User[]>(`SELECT ${columns} FROM user_account WHERE id = ANY($1::uuid[])`, ids),
    list({ words, limit, behind }) {
      const patterns = words.map((word) => `%${escapeLike(word)}%`);
      // Ids are in the order of time (UUID v7).
      return database.$queryRawUnsafe<User[]>(
        `SELECT ${columns} FROM user_account
         WHERE concat_ws(' ', name, email) ILIKE ALL ($1::text[]) AND ($2::uuid IS NULL OR id < $2::uuid)
         ORDER BY id DESC LIMIT ${Math.trunc(limit)}`,
        patterns,
        behind ?? null,
      );
    },
    lock: (id) =>
      one(
        `SELECT ${columns}, password_hash AS "passwordHash" FROM user_account WHERE id = $1::uuid FOR NO KEY UPDATE`,
        id,
      ),
    holdPassword: async (id, passwordHash) =>
      (await one(
        `SELECT id FROM user_account WHERE id = $1::uuid AND password_hash = $2 FOR SHARE`,
        id,
        passwordHash,
      )) !== undefined,
    async setPassword(id, passwordHash) {
      await database.$executeRawUnsafe(
        `UPDATE user_account SET password_hash = $2 WHERE id = $1::uuid`,
        id,
        passwordHash,
      );
    },
    async setRoles(id, roles) {
      const user = await one<User>(
        `UPDATE user_account SET roles = $2::text[], version = version + 1 WHERE id = $1::uuid RETURNING ${columns}`,
        id,
        roles,
      );
      return user!;
    },
    hasOtherAdministrator: async (id) =>
      (await one(`SELECT id FROM user_account WHERE 'ADMIN' = ANY(roles) AND id <> $1::uuid LIMIT 1`, id)) !==
      undefined,
  };
}

/** In a LIKE pattern `%` and `_` stand for anything: here they are themselves. */
function escapeLike(word: string): string {
  return word.replace(/[\\%_]/g, (character) => `\\${character}`);
}
