import { generateKeyPairSync } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { eventually } from './testing/eventually.ts';
import { startKeyServer, type KeyServer } from './testing/key-server.ts';
import { createTokenVerifier } from './token-verifier.ts';

describe('an access token', () => {
  let keys: KeyServer;
  beforeAll(async () => {
    keys = await startKeyServer();
  });
  afterAll(() => keys.close());
  const verify = (authorization?: string) => createTokenVerifier(keys).verify(authorization);

  test('says who the caller is, with the roles that are known', async () => {
    const token = keys.sign({ roles: ['OPERATOR', 'EMPEROR'] });
    expect(await verify(`Bearer ${token}`)).toEqual({
      kind: 'user',
      userId: 'user-1',
      sessionId: 'session-1',
      roles: ['OPERATOR'],
      expiresAt: expect.any(Number),
    });
  });

  test('may be left out: then the caller is anonymous', async () => {
    expect(await verify(undefined)).toEqual({ kind: 'anonymous' });
  });

  const stranger = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
  test.each([
    ['has expired', () => keys.sign({}, { expiresIn: -1 }), 'has expired'],
    ['comes from another issuer', () => keys.sign({}, { issuer: 'else' }), 'is not valid'],
    ['is signed with another key', () => keys.sign({}, { key: stranger }), 'is not valid'],
    ['names an unknown key', () => keys.sign({}, { keyid: 'other' }), 'unknown key'],
    ['has no session', () => keys.sign({ sid: undefined }), 'is not valid'],
    ['is not a token', () => 'nonsense', 'names no key'],
    ['is not JSON inside', () => 'bm9wZQ.bm9wZQ.bm9wZQ', 'names no key'],
  ])('that %s is refused, not taken as anonymous', async (_name, token, message) => {
    await expect(verify(`Bearer ${token()}`)).rejects.toMatchObject({
      code: 'UNAUTHENTICATED',
      message: expect.stringContaining(message),
    });
  });

  test('is not read from another scheme', async () => {
    await expect(verify('Basic abc')).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  });

  test('that is remembered expires all the same, and one that is refused is not remembered', async () => {
    const verifier = createTokenVerifier(keys);
    const header = `Bearer ${keys.sign({}, { expiresIn: 3 })}`;
    const [good, bad] = [header, `${header}x`];
    const first = await verifier.verify(good);
    expect(await verifier.verify(good)).toBe(first);
    for (const _ of [1, 2]) await expect(verifier.verify(bad)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    await eventually(() => expect(verifier.verify(good)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' }));
  });

  test('goes on being verified while the keys cannot be read, where its key is known', async () => {
    const closing = await startKeyServer();
    const verifier = createTokenVerifier(closing);
    const unread = createTokenVerifier(closing);
    const header = `Bearer ${closing.sign()}`;
    await verifier.verify(header);
    await closing.close();
    await expect(verifier.verify(header)).resolves.toMatchObject({ kind: 'user' });
    await expect(unread.verify(header)).rejects.toMatchObject({ code: 'SUBGRAPH_UNAVAILABLE', retryable: true });
  });
});
