import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { developmentPassword, developmentUsers } from '#prisma/auth/development-users.ts';
import { seed } from '#prisma/auth/seed.ts';
import { aUser, login, register, startAuth, type AuthFixture } from './auth-fixture.ts';

let auth: AuthFixture;
beforeAll(async () => {
  auth = await startAuth();
});
afterAll(() => auth.stop());

const run = promisify(execFile);
const production = { NODE_ENV: 'production', GATEWAY_SECRET: 'a gateway secret of thirty-two characters' };

describe('the sign-ins of development', () => {
  test('are refused by a seed in production', async () => {
    const file = new URL('../../../prisma/auth/seed.ts', import.meta.url).href;
    const program = `const { seed } = await import('${file}'); await seed('${auth.databaseUrl}');`;
    const seeding = run(process.execPath, ['--input-type=module', '-e', program], { env: { NODE_ENV: 'production' } });
    await expect(seeding).rejects.toMatchObject({
      stderr: expect.stringContaining('a password that everybody knows'),
    });
    expect(await auth.database.userAccount.count()).toBe(0);
  });

  test('are seeded, told of, and left alone when it is done again, or by two at once', async () => {
    await Promise.all([seed(auth.databaseUrl), seed(auth.databaseUrl)]);
    for (const { email, roles } of developmentUsers) {
      const session = await login(auth, email, developmentPassword);
      expect(session).toMatchObject({ __typename: 'AuthSession', user: { email, roles } });
    }
    await auth.database.userAccount.update({ where: { emailKey: 'admin@gold.example' }, data: { name: 'Else' } });
    const state = async () => [await auth.database.userAccount.findMany(), await auth.database.outboxMessage.count()];
    const before = await state();
    await seed(auth.databaseUrl);
    expect(await state()).toEqual(before);
    expect(before[1]).toBe(developmentUsers.length);
  });

  test('keep a server in production from starting while their password works', async () => {
    const start = () => startAuth(production, { databaseUrl: auth.databaseUrl });
    await expect(start()).rejects.toThrow(/admin@gold\.example, operator@gold\.example, customer@gold\.example/);
    await auth.database.userAccount.updateMany({ data: { passwordHash: 'changed' } });
    await expect(start()).rejects.toThrow();
    await auth.database.userAccount.deleteMany();
    const started = await start();
    await started.stop();
  });

  test('have a password that nobody may choose in production, so that nobody can keep it from starting', async () => {
    const server = await startAuth(production, { databaseUrl: auth.databaseUrl });
    const headers = { 'x-gateway-secret': production.GATEWAY_SECRET };
    const document = `mutation ($input: RegisterInput!) { register(input: $input) { __typename } }`;
    const input = { email: 'admin@gold.example', password: developmentPassword.toUpperCase() };
    const { data } = await server.client.request(document, { input }, headers);
    expect(data).toEqual({ register: { __typename: 'InvalidInputError' } });
    await server.stop();
  });
});

describe('the first administrator', () => {
  const script = new URL('../grant-role.ts', import.meta.url).pathname;
  const grant = async (...parameters: string[]) => {
    const env = {
      AUTH_DATABASE_URL: auth.databaseUrl,
      AUTH_KEY_SECRET: auth.config.AUTH_KEY_SECRET,
    };
    return run(process.execPath, [script, ...parameters], { env });
  };

  test('is made on the command line of somebody who has registered, and noted', async () => {
    const { email, user } = await aUser(auth);
    expect((await grant(email.toUpperCase(), 'ADMIN')).stdout).toContain(`${email} is CUSTOMER, ADMIN`);
    expect(await login(auth, email)).toMatchObject({ user: { roles: ['CUSTOMER', 'ADMIN'] } });
    const notes = await auth.database.roleChange.findMany({ where: { userId: user.id } });
    expect(notes).toMatchObject([{ actorId: null, from: ['CUSTOMER'], to: ['CUSTOMER', 'ADMIN'] }]);
  });

  test.each([
    [['nobody@example.com', 'ADMIN'], 1, 'Nobody has registered with nobody@example.com'],
    [['nobody@example.com', 'EMPEROR'], 2, 'usage:'],
    [[], 2, 'usage:'],
  ])('is not made by %j', async (parameters, code, message) => {
    await expect(grant(...parameters)).rejects.toMatchObject({ code, stderr: expect.stringContaining(message) });
  });

  test('cannot be who registers with an address of development', async () => {
    const session = await register(auth, { email: 'admin@gold.example', password: 'a password of my own' });
    expect(session).toMatchObject({ user: { roles: ['CUSTOMER'] } });
  });
});
