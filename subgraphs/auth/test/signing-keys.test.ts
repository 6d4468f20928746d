import { createDecipheriv } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { createTestDatabase, type TestDatabase } from '#shared/testing/test-database.ts';
import { createTokenVerifier } from '#shared/token-verifier.ts';
import { openDatabase, rotationTimes } from '../connections.ts';
import { publishAheadMs } from '../domain/key-rotation.ts';
import { createKeySealer } from '../key-sealer.ts';
import { rotateSigningKeys } from '../rotate-signing-keys.ts';
import { aUser, bearer, day, minute, refresh, startAuth, whoIs, type AuthFixture } from './auth-fixture.ts';

let testDatabase: TestDatabase;
const started: AuthFixture[] = [];
beforeAll(async () => {
  testDatabase = await createTestDatabase('auth');
});
afterEach(async () => {
  for (const auth of started.splice(0)) await auth.stop();
});
afterAll(() => testDatabase.drop());

/** One more server on the same database. */
async function start(settings: NodeJS.ProcessEnv = {}): Promise<AuthFixture> {
  const auth = await startAuth(settings, { databaseUrl: testDatabase.url });
  started.push(auth);
  return auth;
}

const keySetOf = (auth: AuthFixture) => `${auth.address}/.well-known/jwks.json`;
const verifierOf = (auth: AuthFixture) =>
  createTokenVerifier({ jwksUrl: keySetOf(auth), issuer: auth.config.AUTH_ISSUER });
const kidOf = (token: string) =>
  (JSON.parse(Buffer.from(token.split('.')[0]!, 'base64url').toString()) as { kid: string }).kid;

async function publishedBy(auth: AuthFixture): Promise<Record<string, unknown>[]> {
  return ((await (await fetch(keySetOf(auth))).json()) as { keys: Record<string, unknown>[] }).keys;
}

/** Does what the worker does, at a moment. */
async function rotate(auth: AuthFixture, now: Date) {
  const database = openDatabase(auth.config);
  const sealer = createKeySealer(auth.config.AUTH_KEY_SECRET);
  return rotateSigningKeys({ database, sealer, times: rotationTimes(auth.config), now }).finally(() =>
    database.$disconnect(),
  );
}

describe('the keys of access tokens', () => {
  test('are made by one of the servers that start together for the first time', async () => {
    const servers = await Promise.all(Array.from({ length: 4 }, () => start()));
    const sets = await Promise.all(servers.map(publishedBy));
    expect(sets[0]).toHaveLength(1);
    for (const set of sets) expect(set).toEqual(sets[0]);
    const { user, accessToken } = await aUser(servers[0]!);
    expect(await whoIs(servers[3]!, accessToken)).toBe(user.id);
  });

  test('are published without their private part, and may be cached', async () => {
    const auth = await start();
    const response = await fetch(keySetOf(auth));
    expect(response.headers.get('cache-control')).toBe('public, max-age=300');
    expect(await response.json()).toEqual({
      keys: [
        {
          kty: 'EC',
          crv: 'P-256',
          x: expect.any(String),
          y: expect.any(String),
          kid: expect.any(String),
          alg: 'ES256',
          use: 'sig',
        },
      ],
    });
    expect((await fetch(keySetOf(auth), { method: 'POST' })).status).toBe(405);
  });

  test('verify tokens everywhere, as who they were given to', async () => {
    const auth = await start();
    const { accessToken, user, sessionId } = await aUser(auth);
    expect(await verifierOf(auth).verify(`Bearer ${accessToken}`)).toEqual({
      kind: 'user',
      userId: user.id,
      sessionId,
      roles: ['CUSTOMER'],
      expiresAt: expect.any(Number),
    });
    const stranger = createTokenVerifier({ jwksUrl: keySetOf(auth), issuer: 'somebody-else' });
    await expect(stranger.verify(`Bearer ${accessToken}`)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  });

  test('cannot be read from the database without the secret', async () => {
    const auth = await start();
    const [key] = await auth.database.signingKey.findMany();
    const bytes = Buffer.from(key!.sealedPrivateKey, 'base64url');
    expect(key!.sealedPrivateKey).not.toContain(Buffer.from('id-ecPublicKey').toString('base64url'));
    const decipher = createDecipheriv('aes-256-gcm', Buffer.alloc(32), bytes.subarray(0, 12));
    decipher.setAuthTag(bytes.subarray(12, 28));
    decipher.update(bytes.subarray(28));
    expect(() => decipher.final()).toThrow();
  });

  test('are rotated: the next one is published before it signs, the old one as long as its tokens are valid', async () => {
    const auth = await start();
    const old = await aUser(auth);
    const begin = auth.now().getTime();
    expect(await rotate(auth, new Date(begin + 29 * day))).toEqual({ created: [], removed: [] });
    const due = begin + 30 * day;
    const { created, removed } = await rotate(auth, new Date(due));
    expect([created.length, removed.length]).toEqual([1, 0]);
    expect(await rotate(auth, new Date(due))).toEqual({ created: [], removed: [] });

    const ahead = await start();
    ahead.putForward(due - begin);
    expect((await publishedBy(ahead)).map(({ kid }) => kid)).toEqual([kidOf(old.accessToken), ...created]);
    expect(kidOf((await aUser(ahead)).accessToken)).toBe(kidOf(old.accessToken));
    ahead.putForward(publishAheadMs);
    const young = await aUser(ahead);
    expect(kidOf(young.accessToken)).toBe(created[0]);
    const verifier = verifierOf(ahead);
    for (const { accessToken, user } of [old, young]) {
      expect(await verifier.verify(`Bearer ${accessToken}`)).toMatchObject({ userId: user.id });
    }
    expect(await whoIs(ahead, young.accessToken)).toBe(young.user.id);

    const late = new Date(due + publishAheadMs + 71 * minute);
    expect(await rotate(auth, late)).toEqual({ created: [], removed: [kidOf(old.accessToken)] });
    expect(await auth.database.signingKey.findMany({ select: { kid: true } })).toEqual([{ kid: created[0] }]);
  });

  test('that the secret does not open any more stay valid, and others sign', async () => {
    const before = await start();
    const old = await aUser(before);
    const after = await start({ AUTH_KEY_SECRET: 'another secret of at least thirty-two characters' });
    const next = await refresh(after, old.refreshToken);
    expect(kidOf(next.accessToken)).not.toBe(kidOf(old.accessToken));
    const verifier = verifierOf(after);
    for (const { accessToken } of [old, next]) {
      expect(await verifier.verify(`Bearer ${accessToken}`)).toMatchObject({ userId: old.user.id });
    }
  });
});

describe('a token', () => {
  test('of another system is refused', async () => {
    const [auth, other] = [await start(), await startAuth()];
    started.push(other);
    const { accessToken } = await aUser(other);
    const answer = await auth.client.request('{ me { id } }', {}, bearer(accessToken));
    expect(answer.status).toBe(401);
    expect(answer.errors?.[0]?.extensions?.code).toBe('UNAUTHENTICATED');
  });
});
