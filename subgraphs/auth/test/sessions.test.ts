import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  aUser,
  bearer,
  changePassword,
  goodPassword,
  login,
  refresh,
  startAuth,
  whoIs,
  type AuthFixture,
} from './auth-fixture.ts';

let auth: AuthFixture;
beforeAll(async () => {
  auth = await startAuth({ SIGN_IN_MAX_FAILURES: '3' });
});
afterAll(() => auth.stop());

type Listed = { id: string; userAgent: string; isCurrent: boolean; createdAt: string; lastSeenAt: string };

async function sessionsOf(accessToken: string): Promise<Listed[]> {
  const document = '{ me { sessions { id userAgent isCurrent createdAt lastSeenAt } } }';
  const { data } = await auth.client.request<{ me: { sessions: Listed[] } }>(document, {}, bearer(accessToken));
  return data!.me.sessions;
}

async function revoke(accessToken: string, id: string) {
  const document = 'mutation ($id: ID!) { revokeSession(id: $id) }';
  return (await auth.client.request<{ revokeSession: boolean }>(document, { id }, bearer(accessToken))).data;
}

describe('the sessions of somebody', () => {
  test('are those that are active, latest seen first, the current one marked', async () => {
    const first = await aUser(auth);
    auth.putForward(1_000);
    const other = await login(auth, first.email);
    auth.putForward(1_000);
    const again = await refresh(auth, first.refreshToken);
    const sessions = await sessionsOf(other.accessToken);
    expect(sessions).toMatchObject([
      { id: first.sessionId, isCurrent: false, userAgent: 'Test browser' },
      { id: other.sessionId, isCurrent: true },
    ]);
    expect(sessions[0]!.lastSeenAt > sessions[0]!.createdAt).toBe(true);
    await auth.client.request('mutation { logout }', {}, bearer(other.accessToken));
    expect(await sessionsOf(again.accessToken)).toMatchObject([{ id: first.sessionId, isCurrent: true }]);
  });

  test('can be ended by themself from elsewhere, once', async () => {
    const lost = await aUser(auth);
    const here = await login(auth, lost.email);
    expect(await revoke(here.accessToken, lost.sessionId)).toEqual({ revokeSession: true });
    expect(await whoIs(auth, lost.accessToken)).toBe('UNAUTHENTICATED');
    expect(await refresh(auth, lost.refreshToken)).toMatchObject({ code: 'INVALID_REFRESH_TOKEN' });
    expect(await revoke(here.accessToken, lost.sessionId)).toEqual({ revokeSession: false });
  });

  test('cannot be ended by somebody else, who is not told whether there are any', async () => {
    const [mine, theirs] = [await aUser(auth, { roles: ['ADMIN'] }), await aUser(auth)];
    for (const id of [theirs.sessionId, '00000000-0000-7000-8000-000000000000', 'nonsense', '\u0000']) {
      expect(await revoke(mine.accessToken, id)).toEqual({ revokeSession: false });
    }
    expect(await whoIs(auth, theirs.accessToken)).toBe(theirs.user.id);
  });
});

describe('a change of password', () => {
  const newPassword = 'another four small words';

  test('ends every other session, and gives this one new tokens', async () => {
    const here = await aUser(auth);
    const elsewhere = await login(auth, here.email);
    const changed = await changePassword(auth, here.accessToken, goodPassword, newPassword);
    expect(changed).toMatchObject({ __typename: 'AuthSession', sessionId: here.sessionId });
    expect(await whoIs(auth, elsewhere.accessToken)).toBe('UNAUTHENTICATED');
    expect(await refresh(auth, elsewhere.refreshToken)).toMatchObject({ code: 'INVALID_REFRESH_TOKEN' });
    expect(await refresh(auth, here.refreshToken)).toMatchObject({ code: 'INVALID_REFRESH_TOKEN' });
    expect(await refresh(auth, changed.refreshToken)).toMatchObject({ __typename: 'AuthSession' });
    expect(await login(auth, here.email)).toMatchObject({ code: 'INVALID_CREDENTIALS' });
    expect(await login(auth, here.email, newPassword)).toMatchObject({ __typename: 'AuthSession' });
  });

  test('needs the current password, which cannot be guessed with a stolen access token', async () => {
    const { accessToken, email } = await aUser(auth);
    for (let guess = 0; guess < 3; guess++) {
      const result = await changePassword(auth, accessToken, 'wrong', newPassword);
      expect(result).toMatchObject({ code: 'INVALID_CREDENTIALS' });
    }
    const locked = await changePassword(auth, accessToken, goodPassword, newPassword);
    expect(locked).toMatchObject({ code: 'TOO_MANY_ATTEMPTS' });
    expect(await login(auth, email)).toMatchObject({ code: 'TOO_MANY_ATTEMPTS' });
  });

  test('needs a session, and a password that may be taken', async () => {
    const { accessToken, email } = await aUser(auth);
    for (const taken of ['short', email, 'password1234']) {
      const result = await changePassword(auth, accessToken, goodPassword, taken);
      expect(result).toMatchObject({ code: 'INVALID_INPUT', issues: [{ path: ['input', 'newPassword'] }] });
    }
    await auth.client.request('mutation { logout }', {}, bearer(accessToken));
    await expect(changePassword(auth, accessToken, goodPassword, newPassword)).rejects.toMatchObject({
      code: 'UNAUTHENTICATED',
    });
  });

  test('twice at once is done once', async () => {
    const { accessToken } = await aUser(auth);
    const results = await Promise.all(
      ['one more good password', 'two more good passwords'].map((password) =>
        changePassword(auth, accessToken, goodPassword, password),
      ),
    );
    const names = results.map(({ __typename }) => __typename).toSorted();
    expect(names).toEqual(['AuthSession', 'InvalidCredentialsError']);
  });

  test('leaves one refresh token that works, whoever refreshes at the same time', async () => {
    const { accessToken, refreshToken, sessionId } = await aUser(auth);
    const tabs = () => Array.from({ length: 4 }, () => refresh(auth, refreshToken));
    const [changed] = await Promise.all([
      changePassword(auth, accessToken, goodPassword, newPassword),
      ...tabs(),
      ...tabs(),
    ]);
    expect(await auth.database.refreshToken.count({ where: { sessionId } })).toBe(1);
    expect(await refresh(auth, changed.refreshToken)).toMatchObject({ __typename: 'AuthSession' });
  });

  test('leaves nobody signed in who signs in with the old password at the same time', async () => {
    const { accessToken, email, user, sessionId } = await aUser(auth);
    await Promise.all([
      ...Array.from({ length: 6 }, () => login(auth, email)),
      changePassword(auth, accessToken, goodPassword, newPassword),
      ...Array.from({ length: 6 }, () => login(auth, email)),
    ]);
    const active = await auth.database.session.findMany({ where: { userId: user.id, endedAt: null } });
    expect(active.map(({ id }) => id)).toEqual([sessionId]);
  });
});
