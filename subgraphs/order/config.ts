import { z } from 'zod';
import { wholeNumber, type Environment } from '#shared/environment.ts';
import { createQuoteVerifier } from '#shared/quote-token.ts';
import { databaseUrl, readProcessConfig, subgraphSettings } from '#shared/service-settings.ts';

/** The settings of the order service, each an environment variable. */
export const settings = {
  ...subgraphSettings(4004),
  ORDER_DATABASE_URL: databaseUrl().describe("PostgreSQL database of the order service, nobody else's"),
  QUOTE_VERIFICATION_KEYS: z
    .string({ error: 'is required' })
    .transform((keys) => keys.split(',').map((key) => key.trim()))
    .refine(areKeys, 'must be public keys of P-256: SubjectPublicKeyInfo, DER in base64, separated by commas')
    .describe("Public keys of the pricing service's quotes (SPKI, DER in base64), separated by commas"),
  QUOTE_GRACE_MS: wholeNumber({ max: 2_000 })
    .default(0)
    .describe('Milliseconds after its end that a quote is still taken, for customers with a slow network'),
  PAYMENT_WINDOW_SECONDS: wholeNumber({ min: 1, max: 604_800 })
    .default(900)
    .describe('Seconds that a customer has to pay an order'),
};

export type Config = ReturnType<typeof readConfig>;

/** Reads the settings. @throws EnvironmentError naming every problem */
export function readConfig(environment: Environment = process.env) {
  return readProcessConfig('order', settings, environment);
}

function areKeys(keys: string[]): boolean {
  try {
    createQuoteVerifier(keys);
    return true;
  } catch {
    return false;
  }
}
