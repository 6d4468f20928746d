import { createPrivateKey } from 'node:crypto';
import { z } from 'zod';
import { wholeNumber, type Environment } from '#shared/environment.ts';
import { databaseUrl, readProcessConfig, subgraphSettings } from '#shared/service-settings.ts';

const roundingMode = z.enum(['UP', 'DOWN', 'HALF_UP', 'HALF_EVEN']);

/** The settings of the pricing service, each an environment variable. */
export const settings = {
  ...subgraphSettings(4003),
  PRICING_DATABASE_URL: databaseUrl().describe("PostgreSQL database of the pricing service, nobody else's"),
  TICK_WAIT_MS: wholeNumber({ max: 10_000 })
    .default(250)
    .describe('Milliseconds that a tick which is still on its way is waited for'),
  TICKS_IN_MEMORY: wholeNumber({ min: 100, max: 100_000 })
    .default(2_000)
    .describe('Ticks of each symbol that are held in memory; older ones are read from Redis'),
  QUOTE_SIGNING_KEY: z
    .string({ error: 'is required' })
    .refine(isSigningKey, 'must be a P-256 private key: PKCS #8, DER, in base64')
    .describe('Signs quotes: a P-256 private key, PKCS #8, DER, in base64. The order service is told its public half'),
  QUOTE_TTL_SECONDS: wholeNumber({ min: 1, max: 3_600 })
    .default(60)
    .describe('Seconds that a firm quote holds; half as many while the market moves unusually fast'),
  QUOTE_LIMIT_PER_CUSTOMER: wholeNumber({ min: 1, max: 1_000 })
    .default(10)
    .describe('Open firm quotes that one customer may have'),
  QUOTE_MAX_TICK_AGE_MS: wholeNumber({ min: 1 })
    .default(15_000)
    .describe('Milliseconds after its arrival when a price is too old to be promised'),
  LINE_ROUNDING_BUY: roundingMode.default('UP').describe('How each line of what a customer pays is rounded'),
  LINE_ROUNDING_SELL: roundingMode.default('DOWN').describe('How each line of what a customer receives is rounded'),
};

export type Config = ReturnType<typeof readConfig>;

/** Reads the settings. @throws EnvironmentError naming every problem */
export function readConfig(environment: Environment = process.env) {
  return readProcessConfig('pricing', settings, environment);
}

function isSigningKey(text: string): boolean {
  try {
    const key = createPrivateKey({ key: Buffer.from(text, 'base64'), format: 'der', type: 'pkcs8' });
    return key.asymmetricKeyDetails?.namedCurve === 'prime256v1';
  } catch {
    return false;
  }
}
