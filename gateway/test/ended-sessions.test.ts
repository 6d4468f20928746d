import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createGraphqlClient } from '#shared/testing/graphql-client.ts';
import { endedSessionStreamKey } from '#shared/ended-session-stream.ts';
import { eventually } from '#shared/testing/eventually.ts';
import { LoginDocument, LogoutDocument } from '../generated/operations.ts';
import { registerCustomer, type SignedIn } from './callers.ts';
import { startGoldSystem, type GoldSystem } from './gold-system.ts';

let system: GoldSystem;
const callers: SignedIn[] = [];
beforeAll(async () => {
  system = await startGoldSystem();
});
afterAll(async () => {
  for (const caller of callers) await caller.close();
  await system.close();
});

async function aCustomer(): Promise<SignedIn> {
  const customer = await registerCustomer(system);
  callers.push(customer);
  return customer;
}

/** Another session of theirs, by its token. */
async function signInAgain({ email }: SignedIn): Promise<string> {
  const input = { email, password: 'a password of a customer' };
  const { data } = await system.client.request(LoginDocument, { input });
  if (data?.login.__typename !== 'AuthSession') throw new Error('not signed in');
  return data.login.accessToken;
}

const bearer = (accessToken: string) => ({ authorization: `Bearer ${accessToken}` });
/** What auth has no part in: nobody but the gateway can know that the session has ended. */
const prices = '{ instruments { symbol } }';

async function expectRefused(url: string, accessToken: string, withinMs?: number): Promise<void> {
  const client = createGraphqlClient(url, { headers: bearer(accessToken) });
  await eventually(async () => {
    expect(await client.request(prices)).toEqual({
      status: 401,
      errors: [
        { message: 'The session has ended', extensions: { code: 'UNAUTHENTICATED', retryable: expect.any(Boolean) } },
      ],
    });
  }, withinMs);
  await client.close();
}

describe('the access token of a session that has ended', () => {
  test('is refused within a second, and another session of the same person goes on', async () => {
    const customer = await aCustomer();
    const elsewhere = await signInAgain(customer);
    expect(await customer.request(prices)).toMatchObject({ status: 200 });
    expect(await customer.request(LogoutDocument)).toMatchObject({ data: { logout: true } });
    await expectRefused(system.url, customer.accessToken, 1_000);
    const { data, status } = await system.client.request('{ me { id } }', {}, bearer(elsewhere));
    expect([status, data]).toEqual([200, { me: { id: customer.userId } }]);
    expect(await system.client.request(prices)).toMatchObject({ status: 200 });
  });

  test('ends the subscriptions that are made for its person alone, and no public one', async () => {
    const customer = await aCustomer();
    const personal = customer.subscribe('subscription { inboxChanged { unreadCount } }');
    const signedIn = { authorization: `Bearer ${await signInAgain(customer)}` };
    const elsewhere = createGraphqlClient(system.url, { socket: { connectionParams: signedIn } });
    const theirOther = elsewhere.subscribe('subscription { inboxChanged { unreadCount } }');
    const ending = createGraphqlClient(system.url, { socket: { connectionParams: bearer(customer.accessToken) } });
    const publicOne = ending.subscribe('subscription { priceUpdated(symbol: "XAU-USD") { sequence } }');
    await Promise.all([personal.next(), theirOther.next(), publicOne.next()]);
    await customer.request(LogoutDocument);
    await expect(personal.take(1_000, 2_000)).rejects.toMatchObject({ code: 4403, reason: 'Session ended' });
    await expectRefused(system.url, customer.accessToken);
    await publicOne.take(3);
    await customer.request(LogoutDocument, {}, signedIn);
    await expect(theirOther.take(1_000, 2_000)).rejects.toMatchObject({ code: 4403 });
    await publicOne.return();
    await Promise.all([ending.close(), elsewhere.close()]);
  });

  test('stays refused when Redis has lost everything, and a gateway that starts then refuses it too', async () => {
    const customer = await aCustomer();
    await customer.request(LogoutDocument);
    await expectRefused(system.url, customer.accessToken);
    await system.redis.flush();
    await expectRefused(system.url, customer.accessToken);
    const another = await system.startGateway('another-gateway');
    await expectRefused(another, customer.accessToken);
    expect(await system.redis.redis.exists(endedSessionStreamKey(system.redis.prefix))).toBe(1);
  });
});
