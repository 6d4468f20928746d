import { JwksClient } from 'jwks-rsa';
import { DomainError } from './errors.ts';

export type TokenKeys = {
  /**
   * The public key (PEM) of a `kid`; `undefined` when the JWKS does not have it.
   * @throws DomainError SUBGRAPH_UNAVAILABLE when the JWKS cannot be read and the key is not known yet
   */
  keyOf(kid: string): Promise<string | undefined>;
};

/** Milliseconds after which the keys are read anew: a key that was taken away is refused after that. */
const maxAgeMs = 600_000;
/** Milliseconds between two reads at least, whatever key ids callers make up. */
const coolDownMs = 1_000;

/**
 * The keys of a JWKS (RFC 7517), read when they are first needed, every ten minutes, and for a `kid` that is not among
 * them. While the JWKS cannot be read those that are known go on: who is signed in stays so while auth is down.
 */
export function createTokenKeys(jwksUrl: string): TokenKeys {
  const client = new JwksClient({ jwksUri: jwksUrl, cache: false, timeout: 5_000 });
  let keys = new Map<string, string>();
  let readAt = -Infinity;
  let triedAt = -Infinity;
  let failure: unknown;
  let reading: Promise<void> | undefined;

  async function read(): Promise<void> {
    triedAt = performance.now();
    try {
      keys = new Map((await client.getSigningKeys()).map((key) => [key.kid, key.getPublicKey()]));
      readAt = performance.now();
      failure = undefined;
    } catch (error) {
      failure = error;
    }
  }

  return {
    async keyOf(kid) {
      const isFresh = keys.has(kid) && performance.now() - readAt < maxAgeMs;
      if (!isFresh && (reading || performance.now() - triedAt > coolDownMs)) {
        reading ??= read().finally(() => (reading = undefined));
        await reading;
      }
      const key = keys.get(kid);
      if (key !== undefined || failure === undefined) return key;
      throw new DomainError('SUBGRAPH_UNAVAILABLE', 'Access tokens cannot be verified at the moment', {
        retryable: true,
        cause: failure,
      });
    },
  };
}
