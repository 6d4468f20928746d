import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { permissionsFor, roles, type Role } from '#shared/caller.ts';
import { encodeCursor } from '#shared/pagination.ts';
import { aUser, bearer, refresh, startAuth, type AuthFixture } from './auth-fixture.ts';

let auth: AuthFixture;
beforeAll(async () => {
  auth = await startAuth();
});
afterAll(() => auth.stop());

type Changed = { __typename: string; code?: string; roles?: Role[]; message?: string };

async function setRoles(accessToken: string, userId: string, wanted: string[]) {
  const document = `mutation ($userId: ID!, $roles: [Role!]!) { setUserRoles(userId: $userId, roles: $roles) {
    __typename ... on User { id roles } ... on Error { code message } } }`;
  const variables = { userId, roles: wanted };
  const { data, errors } = await auth.client.request<{ setUserRoles: Changed }>(
    document,
    variables,
    bearer(accessToken),
  );
  return data?.setUserRoles ?? { __typename: 'error', code: String(errors?.[0]?.extensions?.code) };
}

const nobody = '00000000-0000-7000-8000-000000000000';
const eventsOf = (userId: string) =>
  auth.database.outboxMessage.findMany({
    where: { data: { path: ['userId'], equals: userId } },
    orderBy: { position: 'asc' },
  });

describe('a reference to a user', () => {
  const document = `query ($of: [_Any!]!) { _entities(representations: $of) {
    ... on User { id email roles sessions { id } } } }`;
  const ask = async (ids: string[], headers?: Record<string, string>) => {
    const of = ids.map((id) => ({ __typename: 'User', id }));
    const { data, errors } = await auth.client.request<{ _entities: unknown[] }>(document, { of }, headers);
    expect(errors).toBeUndefined();
    return data!._entities;
  };

  test('shows somebody themself, and nobody else', async () => {
    const [one, other] = [await aUser(auth), await aUser(auth)];
    const seen = await ask([other.user.id, one.user.id, nobody, 'user-1', '\u0000'], bearer(one.accessToken));
    expect(seen).toEqual([
      null,
      { id: one.user.id, email: one.email, roles: ['CUSTOMER'], sessions: [{ id: one.sessionId }] },
      null,
      null,
      null,
    ]);
  });

  test('shows staff everybody, but not where they are signed in', async () => {
    const [customer, operator] = [await aUser(auth), await aUser(auth, { roles: ['OPERATOR'] })];
    const seen = await ask([customer.user.id, nobody, operator.user.id], bearer(operator.accessToken));
    expect(seen).toMatchObject([
      { email: customer.email, sessions: null },
      null,
      { email: operator.email, sessions: [{ id: operator.sessionId }] },
    ]);
  });

  test('shows nothing without a session that is active', async () => {
    const { user, accessToken } = await aUser(auth);
    expect(await ask([user.id])).toEqual([null]);
    await auth.client.request('mutation { logout }', {}, bearer(accessToken));
    expect(await ask([user.id], bearer(accessToken))).toEqual([null]);
  });
});

describe('the list of users', () => {
  const document = `query ($first: Int!, $after: String, $search: String) {
    users(first: $first, after: $after, search: $search) { nodes { id email roles createdAt } pageInfo { hasNextPage endCursor } } }`;
  type Page = { users: { nodes: { id: string }[]; pageInfo: { hasNextPage: boolean; endCursor: string } } };
  const list = (accessToken: string | undefined, variables: object) =>
    auth.client.request<Page>(document, { first: 100, ...variables }, accessToken ? bearer(accessToken) : {});

  test('is for staff', async () => {
    const [customer, operator] = [await aUser(auth), await aUser(auth, { roles: ['OPERATOR'] })];
    expect((await list(undefined, {})).errors?.[0]?.extensions?.code).toBe('UNAUTHENTICATED');
    expect((await list(customer.accessToken, {})).errors?.[0]?.extensions?.code).toBe('FORBIDDEN');
    expect((await list(operator.accessToken, {})).errors).toBeUndefined();
  });

  test('shows everybody once, newest first, however it is paged', async () => {
    const { accessToken } = await aUser(auth, { roles: ['OPERATOR'] });
    const everybody = await auth.database.userAccount.findMany({ orderBy: { id: 'desc' } });
    const seen: string[] = [];
    let after: string | undefined;
    for (let pages = 0; pages < 50; pages++) {
      const { data } = await list(accessToken, { first: 2, after });
      seen.push(...data!.users.nodes.map(({ id }) => id));
      if (!data!.users.pageInfo.hasNextPage) break;
      after = data!.users.pageInfo.endCursor;
    }
    expect(seen).toEqual(everybody.map(({ id }) => id));
  });

  test('can be searched by words of name and address, as they are written', async () => {
    const { accessToken } = await aUser(auth, { roles: ['OPERATOR'] });
    const { user, email } = await aUser(auth);
    await auth.database.userAccount.update({ where: { id: user.id }, data: { name: 'Zoë 100% Gold' } });
    const found = async (search: string) => (await list(accessToken, { search })).data!.users.nodes.map(({ id }) => id);
    expect(await found('ZOË gold')).toEqual([user.id]);
    expect(await found(email.toUpperCase())).toEqual([user.id]);
    expect(await found('100%\u0000zoë')).toEqual([user.id]);
    expect(await found('1_0%')).toEqual([]);
    expect(await found('zoë silver')).toEqual([]);
  });

  test.each([
    { first: 0 },
    { first: 101 },
    { after: 'x' },
    { after: encodeCursor(['x']) },
    { search: 'x'.repeat(101) },
  ])('refuses %j', async (variables) => {
    const { accessToken } = await aUser(auth, { roles: ['OPERATOR'] });
    const { errors } = await list(accessToken, variables);
    expect(errors?.[0]?.extensions?.code).toBe('BAD_USER_INPUT');
  });
});

describe('roles', () => {
  test('have permissions that the schema knows, all of them', async () => {
    const { data } = await auth.client.request<{ __type: { enumValues: { name: string }[] } }>(
      '{ __type(name: "Permission") { enumValues { name } } }',
    );
    const known = data!.__type.enumValues.map(({ name }) => name);
    expect(known.toSorted()).toEqual(permissionsFor(roles).toSorted());
  });

  test('are set by administrators, told once and noted with who did it', async () => {
    const [admin, customer] = [await aUser(auth, { roles: ['ADMIN'] }), await aUser(auth)];
    const changed = await setRoles(admin.accessToken, customer.user.id, ['OPERATOR', 'CUSTOMER', 'OPERATOR']);
    expect(changed).toMatchObject({ __typename: 'User', roles: ['CUSTOMER', 'OPERATOR'] });
    await setRoles(admin.accessToken, customer.user.id, ['CUSTOMER', 'OPERATOR']);
    expect((await eventsOf(customer.user.id)).map(({ data }) => (data as { version: number }).version)).toEqual([1, 2]);
    const notes = await auth.database.roleChange.findMany({ where: { userId: customer.user.id } });
    expect(notes).toMatchObject([{ actorId: admin.user.id, from: ['CUSTOMER'], to: ['CUSTOMER', 'OPERATOR'] }]);
    const next = await refresh(auth, customer.refreshToken);
    expect(next.user).toMatchObject({ roles: ['CUSTOMER', 'OPERATOR'] });
    expect(next.user.permissions).toContain('CREDIT_WALLETS');
  });

  test('cannot be set by anybody else, not even by who was an administrator a moment ago', async () => {
    const [admin, other] = [await aUser(auth, { roles: ['ADMIN'] }), await aUser(auth, { roles: ['ADMIN'] })];
    const operator = await aUser(auth, { roles: ['OPERATOR'] });
    expect(await setRoles(operator.accessToken, operator.user.id, ['ADMIN'])).toMatchObject({ code: 'FORBIDDEN' });
    await setRoles(admin.accessToken, other.user.id, ['CUSTOMER']);
    expect(await setRoles(other.accessToken, other.user.id, ['ADMIN'])).toMatchObject({ code: 'FORBIDDEN' });
  });

  test('are never none, and of nobody who does not exist', async () => {
    const admin = await aUser(auth, { roles: ['ADMIN'] });
    expect(await setRoles(admin.accessToken, admin.user.id, [])).toMatchObject({ code: 'INVALID_INPUT' });
    for (const id of [nobody, 'nonsense', '\u0000']) {
      expect(await setRoles(admin.accessToken, id, ['CUSTOMER'])).toMatchObject({ code: 'NOT_FOUND' });
    }
  });

  test('leave one administrator at least, whoever gives up or takes away at once', async () => {
    await auth.database.userAccount.updateMany({ data: { roles: ['CUSTOMER'] } });
    const admins = await Promise.all(Array.from({ length: 6 }, () => aUser(auth, { roles: ['ADMIN'] })));
    const results = await Promise.all(
      admins.flatMap(({ accessToken, user }, index) => [
        setRoles(accessToken, user.id, ['CUSTOMER']),
        setRoles(accessToken, admins[(index + 1) % admins.length]!.user.id, ['OPERATOR']),
      ]),
    );
    expect(await auth.database.userAccount.count({ where: { roles: { has: 'ADMIN' } } })).toBe(1);
    expect(results.map(({ __typename }) => __typename)).toContain('LastAdministratorError');
  });

  test('that were changed stay noted for ever', async () => {
    await expect(auth.database.roleChange.deleteMany()).rejects.toThrow('append-only');
    await expect(auth.database.roleChange.updateMany({ data: { actorId: null } })).rejects.toThrow('append-only');
  });
});
