import type { SqlClient } from '#shared/database.ts';

/** Days that a session is kept after it has expired, for those who look into what happened. */
const sessionsKeptDays = 30;
/** Rows that one statement removes, so that none of them holds locks for long. */
const batchSize = 5_000;

/** Removes refresh tokens that have expired, sessions that have expired long ago and counts of failures that are over. */
export async function removeExpired(
  database: SqlClient,
  { now, signInWindowMs }: { now: Date; signInWindowMs: number },
): Promise<void> {
  const before = (milliseconds: number) => new Date(now.getTime() - milliseconds);
  await removeRows(database, 'refresh_token', 'expires_at', now);
  await removeRows(database, 'session', 'expires_at', before(sessionsKeptDays * 86_400_000));
  await removeRows(database, 'sign_in_failure', 'began_at', before(signInWindowMs));
}

async function removeRows(database: SqlClient, table: string, column: string, until: Date): Promise<void> {
  let removed: number;
  do {
    removed = await database.$executeRawUnsafe(
      `DELETE FROM ${table} WHERE ctid = ANY(ARRAY(
         SELECT ctid FROM ${table} WHERE ${column} <= $1::timestamptz LIMIT ${batchSize}))`,
      until.toISOString(),
    );
  } while (removed === batchSize);
}
