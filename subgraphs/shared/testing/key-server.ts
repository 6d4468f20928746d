import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import jwt, { type SignOptions } from 'jsonwebtoken';

export type KeyServer = {
  jwksUrl: string;
  issuer: string;
  /** A signed access token; pass claims or options to make it a wrong one. */
  sign(claims?: object, options?: SignOptions & { key?: KeyObject }): string;
  close(): Promise<void>;
};

/** Publishes an ES256 key as a JWKS over real HTTP and signs access tokens with it. */
export async function startKeyServer(): Promise<KeyServer> {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const kid = 'test-key';
  const issuer = 'test-issuer';
  const keys = JSON.stringify({ keys: [{ ...publicKey.export({ format: 'jwk' }), kid, alg: 'ES256', use: 'sig' }] });
  const server = createServer((_request, response) =>
    response.writeHead(200, { 'content-type': 'application/json' }).end(keys),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    jwksUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks.json`,
    issuer,
    sign: (claims = {}, { key = privateKey, ...options } = {}) =>
      jwt.sign({ sub: 'user-1', sid: 'session-1', roles: ['CUSTOMER'], ...claims }, key, {
        algorithm: 'ES256',
        keyid: kid,
        issuer,
        expiresIn: 60,
        ...options,
      }),
    close: () => new Promise((resolve) => (server.closeAllConnections(), server.close(() => resolve()))),
  };
}
