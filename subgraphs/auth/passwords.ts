import { randomUUID } from 'node:crypto';
import { hash, verify } from '@node-rs/argon2';
import { normalizePassword } from './domain/password-rules.ts';

export type Passwords = {
  /** Argon2id in the PHC format. */
  hash(password: string): Promise<string>;
  /** Whether it is the password; without a hash it is not, after the same work. */
  matches(password: string, passwordHash: string | undefined): Promise<boolean>;
};

/** What OWASP's Password Storage Cheat Sheet asks of Argon2id at least: 19 MiB, two passes, one lane. */
const parameters = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };

/** Hashes and verifies passwords (RFC 9106). The work is done on threads of its own. */
export function createPasswords(): Passwords {
  // Verified where there is no account, so that the time to the answer tells nobody whether there is one.
  let nobody: Promise<string> | undefined;
  return {
    hash: (password) => hash(normalizePassword(password), parameters),
    async matches(password, passwordHash) {
      nobody ??= hash(randomUUID(), parameters);
      const isRight = await verify(passwordHash ?? (await nobody), normalizePassword(password));
      return isRight && passwordHash !== undefined;
    },
  };
}
