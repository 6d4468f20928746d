import { randomBytes } from 'node:crypto';
import { PrismaClient } from '#prisma/auth/generated/client.ts';
import type { Role } from '#shared/caller.ts';
import { databaseOptions } from '#shared/database.ts';
import { createGraphqlClient, type GraphqlClient } from '#shared/testing/graphql-client.ts';
import { createTestDatabase } from '#shared/testing/test-database.ts';
import { readConfig, type Config } from '../config.ts';
import { wireServer } from '../wire-server.ts';

/** A running auth server with a database of its own, and a clock that can be put forward. */
export type AuthFixture = {
  client: GraphqlClient;
  database: PrismaClient;
  databaseUrl: string;
  config: Config;
  /** Where it serves: `http://127.0.0.1:<port>`. */
  address: string;
  now(): Date;
  /** Puts the clock of the server forward. */
  putForward(milliseconds: number): void;
  stop(): Promise<void>;
};

/** What a sign-in gives, or a refusal: the fields of all results. */
export type Result = {
  __typename: string;
  accessToken: string;
  expiresAt: string;
  refreshToken: string;
  refreshExpiresAt: string;
  sessionId: string;
  user: { id: string; email: string; roles: Role[]; permissions: string[] };
  code: string;
  message: string;
  retryable: boolean;
  retryAfter: number;
  issues: { path: string[]; message: string }[];
};

export const goodPassword = 'four small words here';
export const second = 1_000;
export const minute = 60 * second;
export const day = 24 * 60 * minute;

/** Starts a server on a migrated, empty database, or on that of another server. */
export async function startAuth(
  settings: NodeJS.ProcessEnv = {},
  { databaseUrl }: { databaseUrl?: string } = {},
): Promise<AuthFixture> {
  const testDatabase = databaseUrl ? { url: databaseUrl, drop: async () => {} } : await createTestDatabase('auth');
  const database = new PrismaClient(databaseOptions({ url: testDatabase.url, poolSize: 2 }));
  const config = readConfig({
    AUTH_DATABASE_URL: testDatabase.url,
    AUTH_KEY_SECRET: 'a secret of at least thirty-two characters',
    PORT: '0',
    LOG_LEVEL: 'silent',
    DATABASE_POOL_SIZE: '5',
    ...settings,
  });
  let offset = 0;
  const now = () => new Date(Date.now() + offset);
  const server = wireServer(config, now);
  try {
    const address = `http://127.0.0.1:${await server.start()}`;
    const client = createGraphqlClient(`${address}/graphql`, { headers: { 'user-agent': 'Test browser' } });
    return {
      client,
      database,
      databaseUrl: testDatabase.url,
      config,
      address,
      now,
      putForward: (milliseconds) => void (offset += milliseconds),
      async stop() {
        await client.close();
        await server.stop();
        await database.$disconnect();
        await testDatabase.drop();
      },
    };
  } catch (error) {
    await server.stop();
    await database.$disconnect();
    await testDatabase.drop();
    throw error;
  }
}

const resultFields = /* GraphQL */ `
  __typename
  ... on AuthSession { accessToken expiresAt refreshToken refreshExpiresAt sessionId user { id email roles permissions } }
  ... on Error { code message retryable }
  ... on TooManyAttemptsError { retryAfter }
  ... on InvalidInputError { issues { path message } }
`;

/** Does a mutation that takes `input` and answers with a session or a refusal. */
async function mutate(
  auth: AuthFixture,
  field: string,
  type: string,
  input: object,
  headers?: Record<string, string>,
): Promise<Result> {
  const fields =
    field === 'register' || field === 'changePassword' ? resultFields : without(resultFields, 'InvalidInput');
  const wanted = field === 'login' || field === 'changePassword' ? fields : without(fields, 'TooMany');
  const document = `mutation ($input: ${type}!) { ${field}(input: $input) { ${wanted} } }`;
  const { data, errors } = await auth.client.request<Record<string, Result>>(document, { input }, headers);
  if (errors) throw Object.assign(new Error(errors[0]!.message), errors[0]!.extensions);
  return data![field]!;
}

function without(fields: string, type: string): string {
  return fields
    .split('\n')
    .filter((line) => !line.includes(`... on ${type}`))
    .join('\n');
}

export const register = (auth: AuthFixture, input: object) => mutate(auth, 'register', 'RegisterInput', input);
export const login = (auth: AuthFixture, email: string, password: string = goodPassword) =>
  mutate(auth, 'login', 'LoginInput', { email, password });
export const refresh = (auth: AuthFixture, refreshToken: string) =>
  mutate(auth, 'refreshSession', 'RefreshSessionInput', { refreshToken });
export const changePassword = (auth: AuthFixture, accessToken: string, currentPassword: string, newPassword: string) =>
  mutate(auth, 'changePassword', 'ChangePasswordInput', { currentPassword, newPassword }, bearer(accessToken));

/** Somebody new who is signed in, with the given roles in their token. */
export async function aUser(
  auth: AuthFixture,
  { roles }: { roles?: Role[] } = {},
): Promise<Result & { email: string }> {
  const email = `${randomBytes(6).toString('hex')}@example.com`;
  const session = await register(auth, { email, password: goodPassword });
  if (session.__typename !== 'AuthSession') throw new Error(session.message);
  if (!roles) return { ...session, email };
  await auth.database.userAccount.update({ where: { id: session.user.id }, data: { roles } });
  return { ...(await refresh(auth, session.refreshToken)), email };
}

/** What an access token is sent with. */
export function bearer(accessToken: string): Record<string, string> {
  return { authorization: `Bearer ${accessToken}` };
}

/** Who the server says that a token speaks for: an id, or the code of the refusal. */
export async function whoIs(auth: AuthFixture, accessToken: string): Promise<string> {
  const { data, errors } = await auth.client.request<{ me: { id: string } }>('{ me { id } }', {}, bearer(accessToken));
  return data?.me?.id ?? String(errors?.[0]?.extensions?.code);
}
