import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { decodeEndedSession, endedSessionStreamKey, type EndedSession } from '#shared/ended-session-stream.ts';
import { eventually } from '#shared/testing/eventually.ts';
import { createTestRedis, type TestRedis } from '#shared/testing/test-redis.ts';
import { wireWorker } from '../wire-worker.ts';
import {
  aUser,
  bearer,
  changePassword,
  goodPassword,
  login,
  minute,
  refresh,
  startAuth,
  type AuthFixture,
} from './auth-fixture.ts';

let auth: AuthFixture;
let redis: TestRedis;
let workers: ReturnType<typeof wireWorker>[];
beforeAll(async () => {
  [auth, redis] = [await startAuth({ REFRESH_GRACE_SECONDS: '0' }), createTestRedis()];
});
beforeEach(() => {
  workers = [];
});
afterEach(async () => {
  await Promise.all(workers.map((worker) => worker.stop()));
  await redis.flush();
});
afterAll(async () => {
  await auth.stop();
  await redis.close();
});

async function startWorker(settings: { REDIS_URL?: string } = {}): Promise<void> {
  const connected = { REDIS_URL: redis.url, REDIS_PREFIX: redis.prefix, ...settings };
  const worker = wireWorker({ ...auth.config, ROLE: 'worker', ...connected });
  workers.push(worker);
  await worker.start();
}

/** What the gateways are told, oldest first. */
async function told(): Promise<EndedSession[]> {
  return (await redis.redis.xrange(endedSessionStreamKey(redis.prefix), '-', '+')).map(decodeEndedSession);
}

async function untilTold({ sessionId }: { sessionId: string }, withinMs?: number): Promise<void> {
  await eventually(async () => expect((await told()).map((ended) => ended.sessionId)).toContain(sessionId), withinMs);
}

const logout = ({ accessToken }: { accessToken: string }) =>
  auth.client.request('mutation { logout }', {}, bearer(accessToken));

describe('gateways are told', () => {
  test('of a session that is logged out, revoked, or ended by a change of password or a stolen refresh token', async () => {
    await startWorker();
    const [here, stolen] = [await aUser(auth), await aUser(auth)];
    const [loggedOut, revoked, elsewhere] = [
      await login(auth, here.email),
      await login(auth, here.email),
      await login(auth, here.email),
    ];
    await logout(loggedOut);
    await auth.client.request(
      'mutation ($id: ID!) { revokeSession(id: $id) }',
      { id: revoked.sessionId },
      bearer(here.accessToken),
    );
    await changePassword(auth, here.accessToken, goodPassword, 'another four small words');
    await refresh(auth, stolen.refreshToken);
    await refresh(auth, stolen.refreshToken);
    for (const session of [loggedOut, revoked, elsewhere, stolen]) await untilTold(session);
    expect((await told()).map(({ sessionId }) => sessionId)).not.toContain(here.sessionId);
  });

  test('within a second, and until when it matters', async () => {
    await startWorker();
    const first = await aUser(auth);
    await logout(first);
    await untilTold(first);
    // The connections are made now.
    const session = await aUser(auth);
    const before = Date.now();
    await logout(session);
    await untilTold(session, 1_000);
    const { until } = (await told()).find(({ sessionId }) => sessionId === session.sessionId)!;
    expect(until).toBeGreaterThanOrEqual(before + 11 * minute);
    expect(until).toBeLessThanOrEqual(Date.now() + 11 * minute);
  });

  test('of what ended while no worker was there', async () => {
    const session = await aUser(auth);
    await logout(session);
    await startWorker();
    await untilTold(session);
  });

  test('once more of everything that matters when Redis has lost it', async () => {
    const session = await aUser(auth);
    await startWorker();
    await logout(session);
    await untilTold(session);
    await redis.flush();
    await untilTold(session);
  });

  test('of each once where nothing was lost, although another worker starts', async () => {
    const sessions = [await aUser(auth), await aUser(auth)];
    for (const session of sessions) await logout(session);
    await startWorker();
    await untilTold(sessions[1]!);
    await startWorker();
    const last = await aUser(auth);
    await logout(last);
    await untilTold(last);
    const ids = (await told()).map(({ sessionId }) => sessionId);
    for (const { sessionId } of sessions) expect(ids.filter((id) => id === sessionId)).toHaveLength(1);
  });

  test('nothing of sessions whose last access token has expired', async () => {
    const [old, young] = [await aUser(auth), await aUser(auth)];
    for (const session of [old, young]) await logout(session);
    const endedAt = new Date(Date.now() - 12 * minute);
    await auth.database.session.update({ where: { id: old.sessionId }, data: { endedAt } });
    await startWorker();
    await untilTold(young);
    expect((await told()).map(({ sessionId }) => sessionId)).not.toContain(old.sessionId);
    const leftMs = await redis.redis.pttl(endedSessionStreamKey(redis.prefix));
    expect(leftMs).toBeGreaterThan(10 * minute);
    expect(leftMs).toBeLessThanOrEqual(11 * minute);
  });

  test('nothing while Redis is away, and the worker stops all the same', async () => {
    await startWorker({ REDIS_URL: 'redis://127.0.0.1:9' });
    const session = await aUser(auth);
    await logout(session);
    await workers.pop()!.stop();
    expect(await told()).toEqual([]);
  });
});
