import { generateKeyPairSync, randomBytes } from 'node:crypto';
import webPush from 'web-push';
import { publicKeyOf } from '#shared/quote-token.ts';

/**
 * Fresh secrets and keys for docker-compose.yml, by the names of its variables. Passwords go into URLs as they are:
 * base64url needs no escaping there.
 */
export function makeContainerSecrets(): Record<string, string> {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const quoteSigningKey = privateKey.export({ format: 'der', type: 'pkcs8' }).toString('base64');
  const vapid = webPush.generateVAPIDKeys();
  const password = () => randomBytes(32).toString('base64url');
  return {
    POSTGRES_PASSWORD: password(),
    AUTH_DATABASE_PASSWORD: password(),
    MARKET_DATA_DATABASE_PASSWORD: password(),
    PRICING_DATABASE_PASSWORD: password(),
    ORDER_DATABASE_PASSWORD: password(),
    NOTIFICATION_DATABASE_PASSWORD: password(),
    GATEWAY_SECRET: password(),
    AUTH_KEY_SECRET: password(),
    QUOTE_SIGNING_KEY: quoteSigningKey,
    QUOTE_VERIFICATION_KEYS: publicKeyOf(quoteSigningKey),
    VAPID_SUBJECT: 'mailto:operations@gold.example',
    VAPID_PUBLIC_KEY: vapid.publicKey,
    VAPID_PRIVATE_KEY: vapid.privateKey,
  };
}

/** Secrets as the text of a file for `docker compose --env-file`. */
export function renderContainerSecrets(secrets: Record<string, string>): string {
  const lines = Object.entries(secrets).map(([name, value]) => `${name}=${value}`);
  return `# Secrets for docker-compose.yml. The databases are made with these passwords: keep the file as long as the volume.\n${lines.join('\n')}\n`;
}
