import { createPrivateKey, createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto';
import type { SqlClient, TransactionalClient } from '#shared/database.ts';
import { DomainError } from '#shared/errors.ts';
import type { Logger } from '#shared/logger.ts';
import type { TokenKeys } from '#shared/token-keys.ts';
import { pause } from '#shared/waiting.ts';
import { signingKeyAt, type KeyTimes, type RotationTimes } from './domain/key-rotation.ts';
import type { KeySealer } from './key-sealer.ts';
import { rotateSigningKeys } from './rotate-signing-keys.ts';
import { createSigningKeyRepository, type StoredKey } from './signing-key-repository.ts';

/** `keyOf` gives the published keys one by one, as verifying a token asks for them. */
export type SigningKeys = TokenKeys & {
  /** Resolves when there is a key to sign with; waits for PostgreSQL where it must. */
  start(): Promise<void>;
  /**
   * The key that signs at a moment.
   * @throws DomainError SUBGRAPH_UNAVAILABLE when the keys were not read for so long that it may have been replaced
   */
  signer(now: Date): SigningKey;
  /** The public keys of every token that may still be valid, and of the key that signs next (JWK, RFC 7517). */
  published(): JsonWebKey[];
  close(): Promise<void>;
};

export type SigningKey = KeyTimes & { privateKey: KeyObject };

const everyMs = 10_000;
const retryMs = 1_000;
/** Milliseconds for which keys are used without being read again: less than a new key is published before it signs. */
const staleMs = 15 * 60_000;

/**
 * The signing keys in memory, read from PostgreSQL every ten seconds. The first server of a new system makes the first key.
 * A key that AUTH_KEY_SECRET does not open stays published, so that its tokens remain valid, but signs nothing here.
 */
export function createSigningKeys<Transaction extends SqlClient>(options: {
  database: TransactionalClient<Transaction>;
  sealer: KeySealer;
  times: RotationTimes;
  now: () => Date;
  logger: Logger;
}): SigningKeys {
  const { database, sealer, logger } = options;
  const repository = createSigningKeyRepository(database);
  const closing = new AbortController();
  const started = Promise.withResolvers<void>();
  let running: Promise<void> | undefined;
  let stored: StoredKey[] = [];
  let usable: SigningKey[] = [];
  let readAt = -Infinity;

  async function read(): Promise<void> {
    const keys = await repository.all();
    // What is known already is not opened again.
    const known = new Map(usable.map((key) => [key.kid, key]));
    usable = keys.flatMap((key) => known.get(key.kid) ?? open(key));
    stored = keys;
    readAt = performance.now();
  }

  function open({ kid, sealedPrivateKey, signsFrom }: StoredKey): SigningKey[] {
    const opened = sealer.open(kid, sealedPrivateKey);
    if (!opened) {
      logger.warn({ kid }, 'AUTH_KEY_SECRET does not open this signing key; another one signs');
      return [];
    }
    return [{ kid, signsFrom, privateKey: createPrivateKey({ key: opened, format: 'der', type: 'pkcs8' }) }];
  }

  async function load(): Promise<void> {
    await read();
    const now = options.now();
    if (signingKeyAt(usable, now)) return;
    await rotateSigningKeys({ ...options, now });
    await read();
  }

  async function run(): Promise<void> {
    while (!closing.signal.aborted) {
      try {
        await load();
        started.resolve();
        await pause(everyMs, closing.signal);
      } catch (err) {
        logger.warn({ err }, 'the signing keys cannot be read; trying again');
        await pause(retryMs, closing.signal);
      }
    }
  }

  return {
    start() {
      running ??= run();
      return started.promise;
    },
    signer(now) {
      const key = performance.now() - readAt < staleMs ? signingKeyAt(usable, now) : undefined;
      if (key) return key;
      throw new DomainError('SUBGRAPH_UNAVAILABLE', 'Access tokens cannot be signed at the moment', {
        retryable: true,
      });
    },
    published: () => stored.map(({ publicJwk }) => publicJwk),
    async keyOf(kid) {
      const key = stored.find((one) => one.kid === kid);
      return (
        key && createPublicKey({ key: key.publicJwk, format: 'jwk' }).export({ format: 'pem', type: 'spki' }).toString()
      );
    },
    async close() {
      closing.abort();
      await running;
    },
  };
}
