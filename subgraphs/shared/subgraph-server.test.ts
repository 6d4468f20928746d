import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { buildSubgraphSchema } from '@apollo/subgraph';
import { parse } from 'graphql';
import { requirePermission } from './caller.ts';
import { DomainError } from './errors.ts';
import { createLogger } from './logger.ts';
import { createMetrics } from './metrics.ts';
import type { RequestContext } from './request-context.ts';
import { createSubgraphServer, gatewaySecretHeader } from './subgraph-server.ts';
import { createGraphqlClient, type GraphqlClient } from './testing/graphql-client.ts';
import { startKeyServer, type KeyServer } from './testing/key-server.ts';

const secret = 'a secret that only the gateway knows';
const typeDefs = parse(`
  type Query { me: String secretPlans: String refused: String broken: String tick: String }
  type Subscription { ticked: String broken: String }
`);
const resolvers = {
  Query: {
    me: (_: unknown, _arguments: unknown, { caller }: RequestContext) =>
      caller.kind === 'user' ? caller.userId : null,
    secretPlans: (_: unknown, _arguments: unknown, { caller }: RequestContext) =>
      requirePermission(caller, 'ADJUST_STOCK').userId,
    refused: () => {
      throw new DomainError('CONFLICT', 'Not now', { retryable: true, details: { seconds: 5 } });
    },
    broken: () => {
      throw new Error('the password of the database is hunter2');
    },
    tick: (_: unknown, _arguments: unknown, { tick }: RequestContext) => tick && `${tick.symbol} ${tick.sequence}`,
  },
  Subscription: {
    ticked: {
      async *subscribe() {
        yield { ticked: 'one', tick: { symbol: 'XAU-USD', sequence: 7 } };
        yield { ticked: 'two', sequence: 8, key: 'a', at: 1_795_168_800_000 };
        yield { ticked: 'three' };
      },
    },
    broken: {
      subscribe: () => {
        throw new Error('the password of the database is hunter2');
      },
    },
  },
};

describe('a subgraph server', () => {
  let keys: KeyServer;
  let url: string;
  let client: GraphqlClient;
  let isDatabaseUp = true;
  let stop: () => Promise<void>;
  beforeAll(async () => {
    keys = await startKeyServer();
    const server = createSubgraphServer<RequestContext>({
      schema: buildSubgraphSchema([{ typeDefs, resolvers: { ...resolvers } }]),
      config: {
        HOST: '127.0.0.1',
        PORT: 0,
        AUTH_JWKS_URL: keys.jwksUrl,
        AUTH_ISSUER: keys.issuer,
        GATEWAY_SECRET: secret,
      },
      logger: createLogger({ service: 'test', level: 'silent' }),
      metrics: createMetrics('test'),
      checks: {
        database: async () => {
          if (!isDatabaseUp) throw new Error('no connection');
        },
      },
      createContext: (base) => base,
    });
    url = `http://127.0.0.1:${await server.listen()}`;
    client = createGraphqlClient(`${url}/graphql`, {
      headers: { [gatewaySecretHeader]: secret },
      socket: { connectionParams: { [gatewaySecretHeader]: secret } },
    });
    stop = server.close;
  });
  afterAll(async () => {
    await client.close();
    await stop();
    await keys.close();
  });

  test('refuses whoever does not know the secret of the gateway, over HTTP and WebSocket', async () => {
    const stranger = createGraphqlClient(`${url}/graphql`);
    expect((await stranger.request('{ me }')).status).toBe(403);
    await expect(stranger.subscribe('subscription { ticked }').next()).rejects.toMatchObject({ code: 4403 });
    await stranger.close();
  });

  test('knows the caller by the token, and refuses a wrong token with 401', async () => {
    const ask = (authorization: string) => client.request('{ me }', {}, { authorization });
    expect((await ask(`Bearer ${keys.sign()}`)).data).toEqual({ me: 'user-1' });
    const wrong = await ask('Bearer nonsense');
    expect(wrong.status).toBe(401);
    expect(wrong.errors).toMatchObject([{ extensions: { code: 'UNAUTHENTICATED' } }]);
  });

  test('believes nothing else about who the caller is', async () => {
    const headers = { 'x-user-id': 'user-1', 'x-user': 'user-1', 'x-roles': 'ADMIN', 'x-forwarded-user': 'user-1' };
    expect((await client.request('{ me }', {}, headers)).data).toEqual({ me: null });
    expect((await client.request('{ secretPlans }', {}, headers)).errors).toMatchObject([
      { extensions: { code: 'UNAUTHENTICATED' } },
    ]);
  });

  test('refuses a secret that is nearly right, and takes no second chance in the upgrade of a WebSocket', async () => {
    for (const wrong of [`${secret} `, secret.slice(1), secret.toUpperCase(), '', `${secret},${secret}`]) {
      const stranger = createGraphqlClient(`${url}/graphql`, {
        headers: { [gatewaySecretHeader]: wrong },
        socket: { connectionParams: { [gatewaySecretHeader]: wrong } },
      });
      // Spaces at the ends of a header are not part of it.
      if (wrong.trim() !== secret) expect((await stranger.request('{ me }')).status).toBe(403);
      await expect(stranger.subscribe('subscription { ticked }').next()).rejects.toMatchObject({ code: 4403 });
      await stranger.close();
    }
  });

  test.each(['GET', 'POST', 'OPTIONS', 'PUT'])('refuses strangers by %s too', async (method) => {
    const response = await fetch(`${url}/graphql?query={me}`, { method });
    expect([response.status, await response.json()]).toMatchObject([
      403,
      { errors: [{ extensions: { code: 'FORBIDDEN' } }] },
    ]);
  });

  test('tells apart who is not signed in and who may not', async () => {
    const ask = (headers: Record<string, string>) => client.request('{ secretPlans }', {}, headers);
    expect((await ask({})).errors).toMatchObject([{ extensions: { code: 'UNAUTHENTICATED' } }]);
    expect((await ask({ authorization: `Bearer ${keys.sign()}` })).errors).toMatchObject([
      { extensions: { code: 'FORBIDDEN' } },
    ]);
    expect((await ask({ authorization: `Bearer ${keys.sign({ roles: ['ADMIN'] })}` })).data).toEqual({
      secretPlans: 'user-1',
    });
  });

  test('shows a refusal with code and details, and masks what is unexpected', async () => {
    expect((await client.request('{ refused }')).errors).toEqual([
      {
        message: 'Not now',
        path: ['refused'],
        locations: expect.any(Array),
        extensions: { code: 'CONFLICT', retryable: true, seconds: 5 },
      },
    ]);
    const { errors } = await client.request('{ broken }', {}, { 'x-correlation-id': 'abc' });
    expect(errors).toMatchObject([
      { message: 'Internal server error', extensions: { code: 'INTERNAL_SERVER_ERROR', correlationId: 'abc' } },
    ]);
    expect(JSON.stringify(errors)).not.toContain('hunter2');
  });

  test('masks what is unexpected over WebSocket too', async () => {
    const { errors } = await client.subscribe('subscription { broken }').next();
    expect(errors).toMatchObject([{ message: 'Internal server error', extensions: { code: 'INTERNAL_SERVER_ERROR' } }]);
  });

  test('reads at the tick that the request names, and says which tick an event belongs to', async () => {
    expect((await client.request('{ tick }', {}, { 'x-tick': 'XAU-USD@42' })).data).toEqual({ tick: 'XAU-USD 42' });
    expect((await client.request('{ tick }', {}, { 'x-tick': 'nonsense' })).data).toEqual({ tick: null });
    expect(await client.subscribe('subscription { ticked }').next()).toEqual({
      data: { ticked: 'one' },
      extensions: { tick: { symbol: 'XAU-USD', sequence: 7 } },
    });
  });

  test('says what an event can be resumed behind, what it replaces and when it arrived, where it knows', async () => {
    const [, second, third] = await client.subscribe('subscription { ticked }').take(3);
    expect(second).toEqual({
      data: { ticked: 'two' },
      extensions: { sequence: 8, key: 'a', at: 1_795_168_800_000 },
    });
    expect(third).toEqual({ data: { ticked: 'three' } });
  });

  test('is ready only while what it depends on is, and says what is wrong', async () => {
    const ready = async () => {
      const response = await fetch(`${url}/health/ready`);
      return { status: response.status, body: await response.json() };
    };
    expect(await ready()).toEqual({ status: 200, body: { ready: true, checks: { database: 'ok' } } });
    isDatabaseUp = false;
    expect(await ready()).toEqual({ status: 503, body: { ready: false, checks: { database: 'no connection' } } });
    expect((await fetch(`${url}/health/live`)).status).toBe(200);
    isDatabaseUp = true;
  });

  test('shows its metrics in the Prometheus format', async () => {
    expect(await (await fetch(`${url}/metrics`)).text()).toMatch(/^process_cpu_seconds_total\{service="test"\} /m);
  });
});
