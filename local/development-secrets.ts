import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { publicKeyOf } from '#shared/quote-token.ts';

const format = z.object({ authKeySecret: z.string().min(32), quoteSigningKey: z.string() });

/**
 * The secrets of a system on this machine, by the service that is told them. They are made at the first start and kept
 * beside the databases (readable by their owner only): what one run has signed the next one accepts.
 */
export function developmentSecrets(dataDirectory: string): Record<string, NodeJS.ProcessEnv> {
  const file = join(dataDirectory, 'secrets.json');
  const { authKeySecret, quoteSigningKey } = existsSync(file)
    ? format.parse(JSON.parse(readFileSync(file, 'utf8')))
    : makeSecrets(file);
  return {
    auth: { AUTH_KEY_SECRET: authKeySecret },
    pricing: { QUOTE_SIGNING_KEY: quoteSigningKey },
    order: { QUOTE_VERIFICATION_KEYS: publicKeyOf(quoteSigningKey) },
  };
}

function makeSecrets(file: string): z.infer<typeof format> {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const secrets = {
    authKeySecret: randomBytes(32).toString('base64url'),
    quoteSigningKey: privateKey.export({ format: 'der', type: 'pkcs8' }).toString('base64'),
  };
  mkdirSync(join(file, '..'), { recursive: true });
  writeFileSync(file, JSON.stringify(secrets), { mode: 0o600 });
  return secrets;
}
