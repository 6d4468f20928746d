import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { encodeEndedSession, endedSessionStreamKey } from '#shared/ended-session-stream.ts';
import { createLogger } from '#shared/logger.ts';
import { createMetrics } from '#shared/metrics.ts';
import { closeRedis, createRedis } from '#shared/redis.ts';
import { eventually } from '#shared/testing/eventually.ts';
import { createTestRedis, type TestRedis } from '#shared/testing/test-redis.ts';
import { createCallerVerifier } from './caller-verifier.ts';
import { createEndedSessions, type EndedSessions } from './ended-sessions.ts';

const logger = createLogger({ service: 'test', level: 'silent' });
const minute = 60_000;

let redis: TestRedis;
let now: number;
beforeAll(() => {
  redis = createTestRedis();
});
beforeEach(async () => {
  now = Date.now();
  await redis.flush();
});
afterAll(() => redis.close());

/** What auth does when a session ends. */
async function tell(sessionId: string, until = now + 10 * minute): Promise<void> {
  await redis.redis.xadd(endedSessionStreamKey(redis.prefix), '*', ...encodeEndedSession({ sessionId, until }));
}

/** A way to Redis that can be shut, with everybody who is on it, and opened again at the same address. */
async function openDoor(redisUrl: string) {
  const { hostname, port } = new URL(redisUrl);
  const sockets = new Set<Socket>();
  const server = createServer((inside) => {
    const outside = connect(Number(port), hostname);
    for (const socket of [inside, outside]) {
      sockets.add(socket);
      socket.on('error', () => undefined).on('close', () => (inside.destroy(), outside.destroy()));
    }
    inside.pipe(outside).pipe(inside);
  });
  const listen = (at: number) => new Promise<void>((resolve) => server.listen(at, '127.0.0.1', resolve));
  await listen(0);
  const address = server.address() as AddressInfo;
  return {
    url: `redis://127.0.0.1:${address.port}`,
    open: () => listen(address.port),
    close: () =>
      new Promise<unknown>((resolve) => {
        server.close(resolve);
        for (const socket of sockets) socket.destroy();
      }),
  };
}

/** Follows the stream, and notes each session that is told of. */
async function following(
  work: (endedSessions: EndedSessions, told: string[]) => Promise<void>,
  connection = redis.redis,
  metrics = createMetrics('test'),
): Promise<void> {
  const { prefix } = redis;
  const endedSessions = createEndedSessions({ redis: connection, prefix, metrics, logger, now: () => now });
  const told: string[] = [];
  endedSessions.onEnded((sessionId) => told.push(sessionId));
  endedSessions.start();
  try {
    await work(endedSessions, told);
  } finally {
    await endedSessions.close();
  }
}

describe('ended sessions', () => {
  test('are known that ended before the start, and those that end from then on', async () => {
    await tell('before');
    await following(async (endedSessions, told) => {
      await eventually(() => expect(endedSessions.has('before')).toBe(true));
      await tell('after');
      await eventually(() => expect(endedSessions.has('after')).toBe(true));
      expect(endedSessions.has('another')).toBe(false);
      expect(told).toEqual(['before', 'after']);
    });
  });

  test('are told of once, however often they are in the stream', async () => {
    await following(async (_endedSessions, told) => {
      for (const sessionId of ['a', 'a', 'b', 'a', 'last']) await tell(sessionId);
      await eventually(() => expect(told).toContain('last'));
      expect(told).toEqual(['a', 'b', 'last']);
    });
  });

  test('are forgotten when their last token has expired', async () => {
    await tell('over', now - 1);
    await tell('short', now + minute);
    await following(async (endedSessions, told) => {
      await eventually(() => expect(endedSessions.has('short')).toBe(true));
      now += minute;
      expect(endedSessions.has('short')).toBe(false);
      expect(told).toEqual(['short']);
    });
  });

  test('stay known when Redis is flushed, and new ones are heard of', async () => {
    await tell('before');
    await following(async (endedSessions) => {
      await eventually(() => expect(endedSessions.has('before')).toBe(true));
      await redis.flush();
      await tell('after');
      await eventually(() => expect(endedSessions.has('after')).toBe(true));
      expect(endedSessions.has('before')).toBe(true);
    });
  });

  test('are all read when the connection was lost, even where ids begin anew', async () => {
    const door = await openDoor(redis.url);
    const connection = createRedis(door.url, logger);
    await following(async (endedSessions) => {
      await tell('before');
      await eventually(() => expect(endedSessions.has('before')).toBe(true));
      await door.close();
      await redis.flush();
      const fields = encodeEndedSession({ sessionId: 'meanwhile', until: now + minute });
      await redis.redis.xadd(endedSessionStreamKey(redis.prefix), '1-1', ...fields);
      await door.open();
      await eventually(() => expect(endedSessions.has('meanwhile')).toBe(true));
      expect(endedSessions.has('before')).toBe(true);
    }, connection);
    closeRedis(connection);
    await door.close();
  });

  test('are counted, and how long ago Redis was last heard is told, where there is one', async () => {
    const metrics = createMetrics('test');
    await tell('before');
    await following(
      async (endedSessions) => {
        await eventually(() => expect(endedSessions.has('before')).toBe(true));
        const text = await metrics.metrics();
        expect(text).toMatch(/gold_gateway_ended_sessions\{.*\} 1\n/);
        expect(text).toMatch(/gold_gateway_ended_sessions_heard_seconds\{.*\} [01](\.|\n)/);
      },
      redis.redis,
      metrics,
    );
  });

  test('are nobody where there is no Redis, and closing waits for none that is away', async () => {
    const without = createEndedSessions({
      redis: undefined,
      prefix: redis.prefix,
      metrics: createMetrics('test'),
      logger,
    });
    without.start();
    expect(without.has('any')).toBe(false);
    await without.close();
    const away = createRedis('redis://127.0.0.1:9', logger);
    await following(async (endedSessions) => expect(endedSessions.has('any')).toBe(false), away);
    closeRedis(away);
  });
});

describe('the access token of a session that has ended', () => {
  const verifierOf = (sessionId: string) =>
    createCallerVerifier({
      tokens: {
        verify: async (authorization) =>
          authorization
            ? { kind: 'user', userId: 'user-1', roles: ['CUSTOMER'], sessionId, expiresAt: now + minute }
            : { kind: 'anonymous' },
      },
      endedSessions: { has: (id) => id === 'ended' },
    });

  test('is refused, that of another is not, and neither is who sends none', async () => {
    await expect(verifierOf('ended').verify('Bearer x')).rejects.toMatchObject({
      code: 'UNAUTHENTICATED',
      message: 'The session has ended',
    });
    expect(await verifierOf('active').verify('Bearer x')).toMatchObject({ kind: 'user', sessionId: 'active' });
    expect(await verifierOf('ended').verify(undefined)).toEqual({ kind: 'anonymous' });
  });
});
