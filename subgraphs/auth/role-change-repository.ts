import type { SqlClient } from '#shared/database.ts';
import type { Role } from './domain/user.ts';

/** Who changed whose roles; `actorId` is null for the command line. */
export type RoleChange = { userId: string; actorId: string | null; from: Role[]; to: Role[]; at: Date };

export type RoleChangeRepository = {
  /** Waits for every other transaction that changes roles: two that look at who is left must not look at once. */
  lock(): Promise<void>;
  add(change: RoleChange): Promise<void>;
};

/** Changes of roles in PostgreSQL. `database` may be a transaction. */
export function createRoleChangeRepository(database: SqlClient): RoleChangeRepository {
  return {
    async lock() {
      await database.$executeRawUnsafe(`SELECT pg_advisory_xact_lock(hashtext('role_change'))`);
    },
    async add({ userId, actorId, from, to, at }) {
      await database.$executeRawUnsafe(
        `INSERT INTO role_change (user_id, actor_id, "from", "to", at)
         VALUES ($1::uuid, $2::uuid, $3::text[], $4::text[], $5::timestamptz)`,
        userId,
        actorId,
        from,
        to,
        at.toISOString(),
      );
    },
  };
}
