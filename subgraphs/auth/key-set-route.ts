import { sendJson, type Route } from '#shared/http-server.ts';
import type { SigningKeys } from './signing-keys.ts';

/** Where the public keys are. */
export const keySetPath = '/.well-known/jwks.json';

/** Seconds for which a cache between us and a verifier may keep the keys; a new key is published for longer before it signs. */
const maxAgeSeconds = 300;

/** Answers with the public keys of access tokens (JWKS, RFC 7517). */
export function createKeySetRoute(keys: SigningKeys): Route {
  return (request, response) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      return sendJson(response, 405, { error: 'only GET' }, { allow: 'GET, HEAD' });
    }
    sendJson(response, 200, { keys: keys.published() }, { 'cache-control': `public, max-age=${maxAgeSeconds}` });
  };
}
