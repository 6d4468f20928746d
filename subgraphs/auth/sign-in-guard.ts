import { createHash } from 'node:crypto';
import type { SqlClient } from '#shared/database.ts';
import { invalidCredentials, tooManyAttempts } from './auth-refusals.ts';
import { emailKey } from './domain/email-address.ts';
import { createSignInFailureRepository } from './sign-in-failure-repository.ts';

export type SignInGuard = {
  /**
   * Checks credentials of an address and counts when they are wrong. A success ends the count.
   * @param check gives what they open, or `undefined` when they are wrong
   * @throws Refusal InvalidCredentialsError, or TooManyAttemptsError without checking
   */
  attempt<T>(email: string, check: () => Promise<T | undefined>): Promise<T>;
};

/**
 * Limits guessing: after `maxFailures` within `windowMs` milliseconds of the first of them an address is not checked any
 * more until the window is over, whether or not somebody has it. In one process the attempts on an address are checked one
 * after the other, so a thousand guesses at once are counted like a thousand in a row; each further process lets one more
 * through at most.
 */
export function createSignInGuard(options: {
  database: SqlClient;
  maxFailures: number;
  windowMs: number;
  now: () => Date;
}): SignInGuard {
  const { maxFailures, windowMs, now } = options;
  const failures = createSignInFailureRepository(options.database);
  const last = new Map<string, Promise<unknown>>();

  async function checked<T>(address: string, check: () => Promise<T | undefined>): Promise<T> {
    const counted = await failures.of(address);
    const secondsLeft = counted ? Math.ceil((counted.beganAt.getTime() + windowMs - now().getTime()) / 1000) : 0;
    if (counted && counted.failures >= maxFailures && secondsLeft > 0) throw tooManyAttempts(secondsLeft);
    const opened = await check();
    if (opened === undefined) {
      const at = now();
      await failures.count(address, at, new Date(at.getTime() - windowMs));
      throw invalidCredentials();
    }
    if (counted) await failures.clear(address);
    return opened;
  }

  return {
    attempt(email, check) {
      const address = createHash('sha256').update(emailKey(email)).digest('base64url');
      const before = last.get(address) ?? Promise.resolve();
      const outcome = before.then(() => checked(address, check));
      const settled = outcome
        .catch(() => undefined)
        .finally(() => {
          if (last.get(address) === settled) last.delete(address);
        });
      last.set(address, settled);
      return outcome;
    },
  };
}
