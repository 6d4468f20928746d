import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';

export type KeySealer = {
  /** Encrypts a private key; what comes out can be opened only as the key of the same `kid`. */
  seal(kid: string, privateKey: Buffer): string;
  /** The private key again; `undefined` when it was sealed with another secret, or changed. */
  open(kid: string, sealed: string): Buffer | undefined;
};

const algorithm = 'aes-256-gcm';
const nonceBytes = 12;
const tagBytes = 16;

/** Seals private keys with AES-256-GCM under a key derived from a secret (HKDF, RFC 5869): nonce, tag, text, base64url. */
export function createKeySealer(secret: string): KeySealer {
  const key = Buffer.from(hkdfSync('sha256', secret, '', 'gold-supergraph signing keys', 32));
  return {
    seal(kid, privateKey) {
      const nonce = randomBytes(nonceBytes);
      const cipher = createCipheriv(algorithm, key, nonce).setAAD(Buffer.from(kid));
      const text = Buffer.concat([cipher.update(privateKey), cipher.final()]);
      return Buffer.concat([nonce, cipher.getAuthTag(), text]).toString('base64url');
    },
    open(kid, sealed) {
      const bytes = Buffer.from(sealed, 'base64url');
      const [nonce, tag] = [bytes.subarray(0, nonceBytes), bytes.subarray(nonceBytes, nonceBytes + tagBytes)];
      try {
        const decipher = createDecipheriv(algorithm, key, nonce, { authTagLength: tagBytes });
        decipher.setAAD(Buffer.from(kid)).setAuthTag(tag);
        return Buffer.concat([decipher.update(bytes.subarray(nonceBytes + tagBytes)), decipher.final()]);
      } catch {
        return undefined;
      }
    },
  };
}
