import type { JsonWebKey } from 'node:crypto';
import type { SqlClient } from '#shared/database.ts';

/** A signing key as it is stored; only a process that knows AUTH_KEY_SECRET can open the private part. */
export type StoredKey = {
  kid: string;
  publicJwk: JsonWebKey;
  sealedPrivateKey: string;
  createdAt: Date;
  signsFrom: Date;
};

export type SigningKeyRepository = {
  /** Waits for every other transaction that changes keys; nobody else does until this one has ended. */
  lock(): Promise<void>;
  /** All keys, oldest first. */
  all(): Promise<StoredKey[]>;
  add(key: StoredKey): Promise<void>;
  remove(kids: readonly string[]): Promise<void>;
};

/** Signing keys in PostgreSQL. `database` may be a transaction. */
export function createSigningKeyRepository(database: SqlClient): SigningKeyRepository {
  return {
    async lock() {
      await database.$executeRawUnsafe(`SELECT pg_advisory_xact_lock(hashtext('signing_key'))`);
    },
    all: () =>
      database.$queryRawUnsafe<StoredKey[]>(
        `SELECT kid, public_jwk AS "publicJwk", sealed_private_key AS "sealedPrivateKey", created_at AS "createdAt",
           signs_from AS "signsFrom"
         FROM signing_key ORDER BY signs_from, kid`,
      ),
    async add({ kid, publicJwk, sealedPrivateKey, createdAt, signsFrom }) {
      await database.$executeRawUnsafe(
        `INSERT INTO signing_key (kid, public_jwk, sealed_private_key, created_at, signs_from)
         VALUES ($1, $2::jsonb, $3, $4::timestamptz, $5::timestamptz)`,
        kid,
        JSON.stringify(publicJwk),
        sealedPrivateKey,
        createdAt.toISOString(),
        signsFrom.toISOString(),
      );
    },
    async remove(kids) {
      if (kids.length > 0)
        await database.$executeRawUnsafe(`DELETE FROM signing_key WHERE kid = ANY($1::text[])`, kids);
    },
  };
}
