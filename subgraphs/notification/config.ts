import { z } from 'zod';
import { urlOf, wholeNumber, type Environment } from '#shared/environment.ts';
import { databaseUrl, readProcessConfig, subgraphSettings } from '#shared/service-settings.ts';

/** The settings of the notification service, each an environment variable. */
export const settings = {
  ...subgraphSettings(4005),
  NOTIFICATION_DATABASE_URL: databaseUrl().describe("PostgreSQL database of the notification service, nobody else's"),
  SMTP_URL: urlOf(['smtp', 'smtps']).default('smtp://127.0.0.1:1025').describe('The mail server that e-mail goes by'),
  MAIL_FROM: z
    .string()
    .regex(/^[^<>\r\n]*<[^@<>\s]+@[^@<>\s]+>$|^[^@<>\s]+@[^@<>\s]+$/, 'must be like Gold <no-reply@gold.example>')
    .default('Gold <no-reply@gold.example>')
    .describe('The sender of e-mail; its domain is also that of the Message-ID'),
  TWILIO_ACCOUNT_SID: z
    .string()
    .regex(/^AC/, 'must begin with AC')
    .optional()
    .describe('Twilio account; without it SMS are recorded, not sent'),
  TWILIO_AUTH_TOKEN: z.string().optional().describe("The Twilio account's secret"),
  TWILIO_FROM: z.string().optional().describe('The number, E.164, or sender name that SMS come from'),
  TWILIO_API_URL: urlOf(['http', 'https']).optional().describe("Another address of Twilio's API"),
  VAPID_SUBJECT: z
    .string()
    .regex(/^(mailto:.+@.+|https:\/\/.+)$/, 'must begin with mailto: or https://')
    .optional()
    .describe('Whom push services may write to, mailto: or https:; without it push messages are recorded, not sent'),
  VAPID_PUBLIC_KEY: base64url(65).optional().describe('The public key that browsers subscribe with, base64url'),
  VAPID_PRIVATE_KEY: base64url(32).optional().describe('The private key that belongs to it, base64url'),
  DELIVERY_MAX_ATTEMPTS: wholeNumber({ min: 1, max: 100 })
    .default(8)
    .describe('How often a delivery is tried before it is a dead letter'),
  DELIVERY_RETRY_MS: wholeNumber({ min: 1 })
    .default(10_000)
    .describe('Milliseconds before the second attempt; three times as long before each further one, at most two hours'),
  DELIVERY_RECIPIENT_WAIT_MS: wholeNumber()
    .default(86_400_000)
    .describe('Milliseconds that a delivery waits for a recipient of whom no event has told yet'),
  DELIVERY_LEASE_MS: wholeNumber({ min: 100 })
    .default(60_000)
    .describe('Milliseconds after which an attempt that nobody has ended counts as lost'),
  DELIVERY_POLL_MS: wholeNumber({ min: 10 })
    .default(100)
    .describe('Milliseconds between looks for deliveries that are due'),
  DELIVERY_CONCURRENCY: wholeNumber({ min: 1, max: 200 })
    .default(8)
    .describe('Deliveries that one worker hands over at once'),
  ALERT_LIMIT: wholeNumber({ min: 1, max: 100_000 })
    .default(100)
    .describe('Active price alerts that one user may have'),
  ALERT_HYSTERESIS_BPS: wholeNumber({ max: 9_999 })
    .default(10)
    .describe('How far behind its threshold the price must be before an alert fires again, in basis points of it'),
  TICK_WAIT_MS: wholeNumber({ max: 10_000 })
    .default(1_000)
    .describe('Milliseconds that the latest price of a symbol is waited for when an alert is created'),
  TICKS_IN_MEMORY: wholeNumber({ min: 100, max: 100_000 })
    .default(2_000)
    .describe('Ticks of each watched symbol that are held in memory; older ones are read from Redis'),
};

export type Config = ReturnType<typeof readConfig>;

/** Settings that are given together or not at all. */
const groups = [
  ['TWILIO_ACCOUNT_SID', 'TWILIO_AUTH_TOKEN', 'TWILIO_FROM'],
  ['VAPID_SUBJECT', 'VAPID_PUBLIC_KEY', 'VAPID_PRIVATE_KEY'],
] as const;

/** Reads the settings. @throws EnvironmentError naming every problem */
export function readConfig(environment: Environment = process.env) {
  return readProcessConfig('notification', settings, environment, (config) =>
    groups.flatMap((group) => {
      const missing = group.filter((name) => config[name] === undefined);
      if (missing.length === 0 || missing.length === group.length) return [];
      return missing.map(
        (name) => `${name}: is required with ${group.filter((other) => other !== name).join(' and ')}`,
      );
    }),
  );
}

function base64url(bytes: number) {
  return z
    .string()
    .refine(
      (text) => /^[\w-]+$/.test(text) && Buffer.from(text, 'base64url').length === bytes,
      `must be ${bytes} bytes, base64url`,
    );
}
