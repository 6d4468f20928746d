import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { aUser, bearer, goodPassword, login, minute, startAuth, whoIs, type AuthFixture } from './auth-fixture.ts';

let auth: AuthFixture;
beforeAll(async () => {
  auth = await startAuth({ SIGN_IN_MAX_FAILURES: '3', SIGN_IN_WINDOW_MINUTES: '15' });
});
afterAll(() => auth.stop());

const repeat = <T>(times: number, work: () => Promise<T>) => Promise.all(Array.from({ length: times }, work));
const types = (results: { __typename: string }[]) => results.map((result) => result.__typename).toSorted();

describe('who signs in', () => {
  test('is let in with address and password, in a session of its own', async () => {
    const { email, sessionId, user } = await aUser(auth);
    const session = await login(auth, email.toUpperCase());
    expect(session).toMatchObject({ __typename: 'AuthSession', user: { id: user.id } });
    expect(session.sessionId).not.toBe(sessionId);
    expect(await whoIs(auth, session.accessToken)).toBe(user.id);
  });

  test('is not told whether the address or the password is wrong', async () => {
    const { email } = await aUser(auth);
    const wrong = await login(auth, email, 'not the password');
    expect(wrong).toMatchObject({ __typename: 'InvalidCredentialsError', code: 'INVALID_CREDENTIALS' });
    for (const unknown of ['nobody@example.com', '', 'no address', 'a\u0000b', 'x'.repeat(10_000)]) {
      expect(await login(auth, unknown, 'not the password')).toEqual(wrong);
    }
  });

  test.each(['the address of somebody', 'an address that nobody has'])(
    'is locked out after too many failures with %s, until the window is over',
    async (whose) => {
      const email = whose.includes('nobody') ? 'nobody.at.all@example.com' : (await aUser(auth)).email;
      for (let failure = 0; failure < 3; failure++) {
        expect(await login(auth, email, 'wrong')).toMatchObject({ code: 'INVALID_CREDENTIALS' });
      }
      const locked = await login(auth, email.toUpperCase());
      expect(locked).toMatchObject({ __typename: 'TooManyAttemptsError', code: 'TOO_MANY_ATTEMPTS', retryable: true });
      expect(locked.retryAfter).toBeGreaterThan(890);
      expect(locked.retryAfter).toBeLessThanOrEqual(900);
      auth.putForward(15 * minute);
      const after = await login(auth, email);
      expect(after.__typename).toBe(whose.includes('nobody') ? 'InvalidCredentialsError' : 'AuthSession');
    },
  );

  test('cannot guess more often by guessing at once', async () => {
    const { email } = await aUser(auth);
    const guesses = await repeat(30, () => login(auth, email, 'wrong'));
    expect(guesses.filter(({ code }) => code === 'INVALID_CREDENTIALS')).toHaveLength(3);
    expect(guesses.filter(({ code }) => code === 'TOO_MANY_ATTEMPTS')).toHaveLength(27);
  });

  test('on many devices at once is let in on all of them', async () => {
    const { email } = await aUser(auth);
    expect(new Set(types(await repeat(12, () => login(auth, email))))).toEqual(new Set(['AuthSession']));
  });

  test('starts with a clean count after a success', async () => {
    const { email } = await aUser(auth);
    for (let round = 0; round < 2; round++) {
      await login(auth, email, 'wrong');
      await login(auth, email, 'wrong');
      expect(await login(auth, email)).toMatchObject({ __typename: 'AuthSession' });
    }
  });

  test('is not bothered by the lock of somebody else', async () => {
    const [one, other] = [await aUser(auth), await aUser(auth)];
    await repeat(4, () => login(auth, one.email, 'wrong'));
    expect(await login(auth, other.email)).toMatchObject({ __typename: 'AuthSession' });
  });
});

describe('without a session that is active', () => {
  const me = '{ me { id } }';

  test('nobody is signed in', async () => {
    const { errors } = await auth.client.request(me);
    expect(errors?.[0]?.extensions?.code).toBe('UNAUTHENTICATED');
  });

  test('an access token opens nothing here, though it has not expired', async () => {
    const { accessToken } = await aUser(auth);
    const answer = await auth.client.request('mutation { logout }', {}, bearer(accessToken));
    expect(answer.data).toEqual({ logout: true });
    expect(await whoIs(auth, accessToken)).toBe('UNAUTHENTICATED');
    const again = await auth.client.request('mutation { logout }', {}, bearer(accessToken));
    expect(again.errors?.[0]?.extensions?.code).toBe('UNAUTHENTICATED');
  });

  test('one can still sign in, whatever token is sent along', async () => {
    const { accessToken, email } = await aUser(auth);
    await auth.client.request('mutation { logout }', {}, bearer(accessToken));
    const document = `mutation ($input: LoginInput!) { login(input: $input) { __typename } }`;
    const input = { email, password: goodPassword };
    const { data } = await auth.client.request(document, { input }, bearer(accessToken));
    expect(data).toEqual({ login: { __typename: 'AuthSession' } });
  });
});
