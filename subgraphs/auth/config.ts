import { z } from 'zod';
import { wholeNumber, type Environment } from '#shared/environment.ts';
import { databaseUrl, readProcessConfig, subgraphSettings } from '#shared/service-settings.ts';

/** The settings of the auth service, each an environment variable. */
export const settings = {
  ...subgraphSettings(4001),
  AUTH_DATABASE_URL: databaseUrl().describe("PostgreSQL database of the auth service, nobody else's"),
  AUTH_KEY_SECRET: z
    .string({ error: 'is required' })
    .min(32, 'must have at least 32 characters')
    .describe('Encrypts the private keys of access tokens in the database'),
  ACCESS_TOKEN_SECONDS: wholeNumber({ min: 30, max: 3_600 })
    .default(600)
    .describe(
      'Seconds that an access token is valid: so long may a session that has ended go on elsewhere, while Redis is away',
    ),
  REFRESH_TOKEN_DAYS: wholeNumber({ min: 1, max: 365 })
    .default(30)
    .describe('Days after which a session ends that is not refreshed'),
  SESSION_MAX_DAYS: wholeNumber({ min: 1, max: 730 })
    .default(180)
    .describe('Days after which a session ends however often it is refreshed'),
  REFRESH_GRACE_SECONDS: wholeNumber({ max: 60 })
    .default(10)
    .describe('Seconds after its first use in which a refresh token still works, for tabs that refresh at once'),
  SIGNING_KEY_DAYS: wholeNumber({ min: 1, max: 365 })
    .default(30)
    .describe('Days that a key signs access tokens before the next one does'),
  SIGN_IN_MAX_FAILURES: wholeNumber({ min: 1, max: 100 })
    .default(10)
    .describe('Failed sign-ins with one e-mail address after which it is locked'),
  SIGN_IN_WINDOW_MINUTES: wholeNumber({ min: 1, max: 1_440 })
    .default(15)
    .describe('Minutes after the first failed sign-in at which the count, and the lock, end'),
};

export type Config = ReturnType<typeof readConfig>;

/** Reads the settings. @throws EnvironmentError naming every problem */
export function readConfig(environment: Environment = process.env) {
  return readProcessConfig('auth', settings, environment, ({ REFRESH_TOKEN_DAYS, SESSION_MAX_DAYS }) =>
    REFRESH_TOKEN_DAYS > SESSION_MAX_DAYS ? ['REFRESH_TOKEN_DAYS: must not be more than SESSION_MAX_DAYS'] : [],
  );
}
