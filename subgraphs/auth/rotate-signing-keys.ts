import { generateKeyPair, randomUUID } from 'node:crypto';
import { promisify } from 'node:util';
import type { SqlClient, TransactionalClient } from '#shared/database.ts';
import { planRotation, type RotationTimes } from './domain/key-rotation.ts';
import type { KeySealer } from './key-sealer.ts';
import { createSigningKeyRepository, type StoredKey } from './signing-key-repository.ts';

/**
 * Makes the key that is due and removes those whose tokens have all expired. Several processes may do it at once: one
 * after the other, and the second finds nothing to do.
 * @returns the ids of the keys that are new and that are gone
 */
export async function rotateSigningKeys<Transaction extends SqlClient>(options: {
  database: TransactionalClient<Transaction>;
  sealer: KeySealer;
  times: RotationTimes;
  now: Date;
}): Promise<{ created: string[]; removed: string[] }> {
  const { database, sealer, times, now } = options;
  return database.$transaction(async (transaction) => {
    const repository = createSigningKeyRepository(transaction);
    await repository.lock();
    const keys = (await repository.all()).map((key) => ({
      ...key,
      usable: sealer.open(key.kid, key.sealedPrivateKey) !== undefined,
    }));
    const { create, remove } = planRotation(keys, now, times);
    const made = create && (await makeKey(sealer, now, create.signsFrom));
    if (made) await repository.add(made);
    await repository.remove(remove);
    return { created: made ? [made.kid] : [], removed: remove };
  });
}

async function makeKey(sealer: KeySealer, createdAt: Date, signsFrom: Date): Promise<StoredKey> {
  const { privateKey, publicKey } = await promisify(generateKeyPair)('ec', { namedCurve: 'P-256' });
  const kid = randomUUID();
  return {
    kid,
    publicJwk: { ...publicKey.export({ format: 'jwk' }), kid, alg: 'ES256', use: 'sig' },
    sealedPrivateKey: sealer.seal(kid, privateKey.export({ format: 'der', type: 'pkcs8' })),
    createdAt,
    signsFrom,
  };
}
