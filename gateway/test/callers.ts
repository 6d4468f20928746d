import { randomUUID } from 'node:crypto';
import { developmentPassword, developmentUsers } from '#prisma/auth/development-users.ts';
import { createGraphqlClient, type GraphqlClient } from '#shared/testing/graphql-client.ts';
import { LoginDocument, RegisterDocument } from '../generated/operations.ts';
import type { GoldSystem } from './gold-system.ts';

/** Somebody who is signed in: requests and sockets carry the access token. */
export type SignedIn = { userId: string; email: string; accessToken: string; refreshToken: string } & GraphqlClient;

/** Registers a new customer. */
export async function registerCustomer(system: GoldSystem): Promise<SignedIn> {
  const email = `customer-${randomUUID()}@gold.example`;
  const input = {
    email,
    password: 'a password of a customer',
    name: 'Test Customer',
    locale: 'en',
    phone: '+15005550006',
  };
  const { data, errors } = await system.client.request(RegisterDocument, { input });
  if (errors || data?.register.__typename !== 'AuthSession') throw new Error(JSON.stringify({ data, errors }));
  return signedIn(system, email, data.register);
}

/** Signs in as the seeded user of a role. */
export async function signInAs(system: GoldSystem, role: 'ADMIN' | 'OPERATOR' | 'CUSTOMER'): Promise<SignedIn> {
  const { email } = developmentUsers.find(({ roles: [held] }) => held === role)!;
  const { data, errors } = await system.client.request(LoginDocument, {
    input: { email, password: developmentPassword },
  });
  if (errors || data?.login.__typename !== 'AuthSession') throw new Error(JSON.stringify({ data, errors }));
  return signedIn(system, email, data.login);
}

function signedIn(
  { url }: GoldSystem,
  email: string,
  session: { accessToken: string; refreshToken: string; user: { id: string } },
): SignedIn {
  const authorization = `Bearer ${session.accessToken}`;
  const client = createGraphqlClient(url, {
    headers: { authorization },
    socket: { connectionParams: { authorization } },
  });
  const { accessToken, refreshToken, user } = session;
  return { ...client, userId: user.id, email, accessToken, refreshToken };
}
