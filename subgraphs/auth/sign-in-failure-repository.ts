import type { SqlClient } from '#shared/database.ts';

/** Failures to sign in since a moment. */
export type SignInFailures = { failures: number; beganAt: Date };

export type SignInFailureRepository = {
  /** What is counted against an address. */
  of(addressHash: string): Promise<SignInFailures | undefined>;
  /** Counts a failure; those that began before `windowBegin` are over and the count begins anew. */
  count(addressHash: string, at: Date, windowBegin: Date): Promise<void>;
  clear(addressHash: string): Promise<void>;
};

/** Failed sign-ins in PostgreSQL, by the hash of the address. */
export function createSignInFailureRepository(database: SqlClient): SignInFailureRepository {
  return {
    async of(addressHash) {
      const [row] = await database.$queryRawUnsafe<SignInFailures[]>(
        `SELECT failures, began_at AS "beganAt" FROM sign_in_failure WHERE address_hash = $1`,
        addressHash,
      );
      return row;
    },
    async count(addressHash, at, windowBegin) {
      await database.$executeRawUnsafe(
        `INSERT INTO sign_in_failure AS known (address_hash, failures, began_at) VALUES ($1, 1, $2::timestamptz)
         ON CONFLICT (address_hash) DO UPDATE SET
           failures = CASE WHEN known.began_at <= $3::timestamptz THEN 1 ELSE known.failures + 1 END,
           began_at = CASE WHEN known.began_at <= $3::timestamptz THEN excluded.began_at ELSE known.began_at END`,
        addressHash,
        at.toISOString(),
        windowBegin.toISOString(),
      );
    },
    async clear(addressHash) {
      await database.$executeRawUnsafe(`DELETE FROM sign_in_failure WHERE address_hash = $1`, addressHash);
    },
  };
}
