import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { goodPassword, login, register, startAuth, whoIs, type AuthFixture } from './auth-fixture.ts';

let auth: AuthFixture;
beforeAll(async () => {
  auth = await startAuth();
});
afterAll(() => auth.stop());

const eventsOf = (email: string) =>
  auth.database.outboxMessage.findMany({ where: { data: { path: ['email'], equals: email } } });

describe('who registers', () => {
  test('is a customer, signed in, and told of once', async () => {
    const session = await register(auth, {
      email: ' Grace@Example.com ',
      password: goodPassword,
      name: 'Grace',
      locale: 'de-ch',
      phone: '+1 (500) 555-0006',
    });
    expect(session).toMatchObject({
      __typename: 'AuthSession',
      user: {
        email: 'Grace@Example.com',
        roles: ['CUSTOMER'],
        permissions: ['REQUEST_QUOTES', 'PLACE_ORDERS', 'MANAGE_ALERTS'],
      },
    });
    expect(await whoIs(auth, session.accessToken)).toBe(session.user.id);
    const events = await eventsOf('Grace@Example.com');
    expect(events).toMatchObject([
      {
        name: 'auth.user-changed',
        consumer: 'notification',
        data: {
          userId: session.user.id,
          version: 1,
          email: 'Grace@Example.com',
          name: 'Grace',
          locale: 'de-CH',
          phone: '+15005550006',
        },
      },
    ]);
  });

  test('leaves no password and no refresh token behind, only what they can be recognised by', async () => {
    const { refreshToken } = await register(auth, { email: 'secret@example.com', password: goodPassword });
    const tables = await Promise.all([
      auth.database.userAccount.findMany(),
      auth.database.refreshToken.findMany(),
      auth.database.session.findMany(),
      auth.database.outboxMessage.findMany({ select: { data: true } }),
    ]);
    const stored = JSON.stringify(tables);
    expect(stored).not.toContain(goodPassword);
    expect(stored).not.toContain(refreshToken);
    expect(stored).toContain('$argon2id$v=19$m=19456,t=2,p=1$');
  });

  test('cannot take an address that somebody has, however it is typed', async () => {
    await register(auth, { email: 'taken@example.com', password: goodPassword });
    const again = await register(auth, { email: 'TAKEN@example.com', password: goodPassword });
    expect(again).toMatchObject({ __typename: 'EmailTakenError', code: 'EMAIL_TAKEN', retryable: false });
    expect(await eventsOf('TAKEN@example.com')).toEqual([]);
  });

  test('ten times at once has one account, and is told of once', async () => {
    const results = await Promise.all(
      Array.from({ length: 10 }, () => register(auth, { email: 'race@example.com', password: goodPassword })),
    );
    expect(results.map((result) => result.__typename).toSorted()).toEqual([
      'AuthSession',
      ...Array.from({ length: 9 }, () => 'EmailTakenError'),
    ]);
    expect(await eventsOf('race@example.com')).toHaveLength(1);
  });

  test('is told everything that is wrong at once', async () => {
    const result = await register(auth, { email: 'nobody', password: 'short', locale: '??', phone: '555' });
    expect(result).toMatchObject({ __typename: 'InvalidInputError', code: 'INVALID_INPUT' });
    expect(result.issues.map(({ path }) => path.join('.')).toSorted()).toEqual([
      'input.email',
      'input.locale',
      'input.password',
      'input.phone',
    ]);
  });

  test.each([
    ['their address as password', { email: 'long.address@example.com', password: 'LONG.address@example.com' }],
    ['a password that everybody has', { email: 'a@example.com', password: 'Password1234' }],
    ['a name with control characters', { email: 'a@example.com', password: goodPassword, name: 'a\u0000b' }],
    ['an address with control characters', { email: 'a\u0000@example.com', password: goodPassword }],
  ])('is refused with %s', async (_what, input) => {
    expect(await register(auth, input)).toMatchObject({ __typename: 'InvalidInputError' });
  });

  test('can sign in with a password typed in another form of the same characters', async () => {
    await register(auth, { email: 'unicode@example.com', password: 'ﬁne goldbars Å' });
    expect(await login(auth, 'unicode@example.com', 'fine goldbars A\u030a')).toMatchObject({
      __typename: 'AuthSession',
    });
  });
});
