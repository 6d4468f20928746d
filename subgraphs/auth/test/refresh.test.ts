import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  aUser,
  bearer,
  day,
  login,
  minute,
  refresh,
  second,
  startAuth,
  whoIs,
  type AuthFixture,
} from './auth-fixture.ts';

let auth: AuthFixture;
beforeAll(async () => {
  auth = await startAuth({ REFRESH_TOKEN_DAYS: '30', SESSION_MAX_DAYS: '50' });
});
afterAll(() => auth.stop());

const refused = { __typename: 'InvalidRefreshTokenError', code: 'INVALID_REFRESH_TOKEN', retryable: false };
const works = { __typename: 'AuthSession' };
const sessionOf = (id: string) => auth.database.session.findUniqueOrThrow({ where: { id } });

describe('a refresh token', () => {
  test('gives new tokens of the same session', async () => {
    const first = await aUser(auth);
    auth.putForward(5 * minute);
    const next = await refresh(auth, first.refreshToken);
    expect(next).toMatchObject({ ...works, sessionId: first.sessionId, user: first.user });
    expect(next.refreshToken).not.toBe(first.refreshToken);
    expect(Date.parse(next.refreshExpiresAt) - Date.parse(first.refreshExpiresAt)).toBeGreaterThanOrEqual(5 * minute);
    expect(await whoIs(auth, next.accessToken)).toBe(first.user.id);
    expect(await refresh(auth, next.refreshToken)).toMatchObject(works);
  });

  test('that was used and comes back ends its whole session, and no other', async () => {
    const first = await aUser(auth);
    const elsewhere = await login(auth, first.email);
    const next = await refresh(auth, first.refreshToken);
    auth.putForward(11 * second);
    expect(await refresh(auth, first.refreshToken)).toMatchObject(refused);
    expect(await refresh(auth, next.refreshToken)).toMatchObject(refused);
    expect(await whoIs(auth, next.accessToken)).toBe('UNAUTHENTICATED');
    expect(await sessionOf(first.sessionId)).toMatchObject({ endReason: 'TOKEN_REUSED' });
    expect(await refresh(auth, elsewhere.refreshToken)).toMatchObject(works);
  });

  test('may come twice within the grace: both answers work, for as long as the session lasts', async () => {
    const first = await aUser(auth);
    const tabs = [await refresh(auth, first.refreshToken), await refresh(auth, first.refreshToken)];
    auth.putForward(20 * minute);
    const later = [await refresh(auth, tabs[0]!.refreshToken), await refresh(auth, tabs[1]!.refreshToken)];
    expect(later).toMatchObject([works, works]);
    expect(new Set([first, ...tabs, ...later].map(({ refreshToken }) => refreshToken)).size).toBe(5);
  });

  test('has no grace any more when a token that was given for it has been used', async () => {
    const first = await aUser(auth);
    const next = await refresh(auth, first.refreshToken);
    await refresh(auth, next.refreshToken);
    expect(await refresh(auth, first.refreshToken)).toMatchObject(refused);
    expect(await sessionOf(first.sessionId)).toMatchObject({ endReason: 'TOKEN_REUSED' });
  });

  test('that many tabs send at once gives each of them one that works', async () => {
    const first = await aUser(auth);
    const tabs = await Promise.all(Array.from({ length: 20 }, () => refresh(auth, first.refreshToken)));
    expect(tabs.filter(({ __typename }) => __typename === 'AuthSession')).toHaveLength(20);
    const next = await Promise.all(tabs.map(({ refreshToken }) => refresh(auth, refreshToken)));
    expect(next.filter(({ __typename }) => __typename === 'AuthSession')).toHaveLength(20);
  });

  test('that is sent many times at once without any grace works once, and ends its session', async () => {
    const strict = await startAuth({ REFRESH_GRACE_SECONDS: '0' }, { databaseUrl: auth.databaseUrl });
    const first = await aUser(strict);
    const results = await Promise.all(Array.from({ length: 10 }, () => refresh(strict, first.refreshToken)));
    await strict.stop();
    expect(results.filter(({ __typename }) => __typename === 'AuthSession')).toHaveLength(1);
    expect(await sessionOf(first.sessionId)).toMatchObject({ endReason: 'TOKEN_REUSED' });
  });

  test('that two thieves bring back at once ends its session once', async () => {
    const first = await aUser(auth);
    await refresh(auth, first.refreshToken);
    auth.putForward(minute);
    const results = await Promise.all([1, 2, 3].map(() => refresh(auth, first.refreshToken)));
    expect(results).toMatchObject([refused, refused, refused]);
  });

  test('expires thirty days after it was given', async () => {
    const first = await aUser(auth);
    auth.putForward(30 * day + second);
    expect(await refresh(auth, first.refreshToken)).toMatchObject(refused);
    expect(await sessionOf(first.sessionId)).toMatchObject({ endReason: null });
  });

  test('cannot make a session last longer than its maximum', async () => {
    const first = await aUser(auth);
    const endsAt = (await sessionOf(first.sessionId)).endsAt;
    auth.putForward(29 * day);
    const second = await refresh(auth, first.refreshToken);
    expect(new Date(second.refreshExpiresAt)).toEqual(endsAt);
    auth.putForward(21 * day - 2 * minute);
    const last = await refresh(auth, second.refreshToken);
    expect(last).toMatchObject(works);
    expect(Date.parse(last.expiresAt)).toBeLessThanOrEqual(endsAt.getTime());
    auth.putForward(2 * minute);
    expect(await refresh(auth, last.refreshToken)).toMatchObject(refused);
  });

  test.each(['', 'nonsense', '\u0000', 'x'.repeat(100_000)])('that was never given (%#) is refused', async (token) => {
    expect(await refresh(auth, token)).toMatchObject(refused);
  });

  test('is worth nothing after the session was logged out', async () => {
    const first = await aUser(auth);
    await auth.client.request('mutation { logout }', {}, bearer(first.accessToken));
    expect(await refresh(auth, first.refreshToken)).toMatchObject(refused);
    expect(await sessionOf(first.sessionId)).toMatchObject({ endReason: 'LOGGED_OUT' });
  });

  test('gives the roles that its user has now', async () => {
    const first = await aUser(auth);
    await auth.database.userAccount.update({ where: { id: first.user.id }, data: { roles: ['OPERATOR'] } });
    const next = await refresh(auth, first.refreshToken);
    const claims = JSON.parse(Buffer.from(next.accessToken.split('.')[1]!, 'base64url').toString()) as object;
    expect(claims).toMatchObject({ roles: ['OPERATOR'], sub: first.user.id, sid: first.sessionId });
  });
});
