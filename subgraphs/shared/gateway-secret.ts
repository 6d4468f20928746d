import { timingSafeEqual } from 'node:crypto';
import { z } from 'zod';

/**
 * The setting that gateway and subgraphs share: one secret, or while it is being changed two, separated by a comma. The
 * gateway sends the first, subgraphs accept each. Without downtime it is changed in three rollouts of everything:
 * `old,new` (all learn the new one), `new,old` (it is sent), `new`.
 */
export function gatewaySecrets() {
  return (
    z
      .string()
      .transform((text) => text.split(',').map((secret) => secret.trim()))
      .refine((secrets) => secrets.every((secret) => secret.length >= 32), 'must have at least 32 characters')
      .refine((secrets) => secrets.length <= 2, 'may be two secrets at most')
      // What a header may have: nobody would know why it never arrives otherwise.
      .refine((secrets) => secrets.every((secret) => /^[\x20-\x7e]+$/.test(secret)), 'must be ASCII')
      .optional()
      .describe(
        'Shared by gateway and subgraphs: subgraphs refuse requests without it; two, separated by a comma, while it is changed: the gateway sends the first. Required in production',
      )
  );
}

/** Says whether a secret that was sent is one of ours, in a time that tells nothing of them. Without any, everybody may ask. */
export function createSecretCheck(secrets: string | readonly string[] | undefined): (given: unknown) => boolean {
  const known = [secrets ?? []].flat().map((secret) => Buffer.from(secret));
  if (known.length === 0) return () => true;
  return (given) => {
    if (typeof given !== 'string') return false;
    const bytes = Buffer.from(given);
    return known.some((secret) => secret.length === bytes.length && timingSafeEqual(secret, bytes));
  };
}
