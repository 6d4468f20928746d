import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { SqlClient } from '#shared/database.ts';
import { eventCatalogue, type DomainEvent, type EventName } from '#shared/events/event-catalogue.ts';
import { startEventConsumer, type EventHandlers } from '#shared/events/event-consumer.ts';
import type { RunningWorker } from '#shared/jobs.ts';
import { createLogger } from '#shared/logger.ts';
import { eventually } from '#shared/testing/eventually.ts';
import { openEventDatabase, type EventDatabase } from '#shared/testing/event-databases.ts';
import { inTime } from '#shared/waiting.ts';
import { createTestRedis, type TestRedis } from '#shared/testing/test-redis.ts';
import { removeExpired } from '../jobs/remove-expired.ts';
import { wireServer } from '../wire-server.ts';
import { wireWorker } from '../wire-worker.ts';
import { aUser, day, login, minute, refresh, startAuth, type AuthFixture } from './auth-fixture.ts';

let auth: AuthFixture;
let redis: TestRedis;
let events: EventDatabase;
let consumer: RunningWorker;
let worker: ReturnType<typeof wireWorker>;
let workerAddress: string;
const told: { userId: string; version: number }[] = [];

function tell({ name, data }: DomainEvent): void {
  if (name === 'auth.user-changed') told.push(data as { userId: string; version: number });
}

beforeAll(async () => {
  [auth, events, redis] = [await startAuth(), await openEventDatabase('pricing'), createTestRedis()];
  worker = wireWorker({ ...auth.config, ROLE: 'worker', REDIS_URL: redis.url, REDIS_PREFIX: redis.prefix });
  workerAddress = `http://127.0.0.1:${await worker.start()}`;
  consumer = startEventConsumer({
    consumer: 'notification',
    database: events.database,
    redis: redis.redis,
    prefix: redis.prefix,
    logger: createLogger({ service: 'test', level: 'silent' }),
    handlers: Object.fromEntries(
      (Object.keys(eventCatalogue) as EventName[]).map((name) => [
        name,
        async (_transaction: SqlClient, event: DomainEvent) => tell(event),
      ]),
    ) as EventHandlers<SqlClient, EventName>,
  });
});
afterAll(async () => {
  await consumer.close();
  await worker.stop();
  await auth.stop();
  await events.close();
  await redis.close();
});

describe('the worker', () => {
  test('tells of each user once, whatever becomes of Redis', async () => {
    const first = await aUser(auth);
    await redis.flush();
    const second = await aUser(auth);
    await eventually(async () => {
      expect(await auth.database.outboxMessage.count({ where: { acknowledgedAt: null } })).toBe(0);
    });
    const inOrder = told.toSorted((one, other) => (one.userId < other.userId ? -1 : 1));
    expect(inOrder).toMatchObject([
      { userId: first.user.id, version: 1, email: first.email },
      { userId: second.user.id, version: 1, email: second.email },
    ]);
    expect(told).toHaveLength(2);
  });

  test('is ready with PostgreSQL and Redis', async () => {
    const response = await fetch(`${workerAddress}/health/ready`);
    expect(await response.json()).toEqual({ ready: true, checks: { postgresql: 'ok', redis: 'ok' } });
  });

  test('removes what has expired and nothing that is needed', async () => {
    const [old, young] = [await aUser(auth), await aUser(auth)];
    await login(auth, 'nobody@example.com', 'wrong');
    auth.putForward(29 * day);
    const kept = await refresh(auth, young.refreshToken);
    const clean = (now: Date) => removeExpired(auth.database, { now, signInWindowMs: 15 * minute });
    const left = async ({ sessionId }: { sessionId: string }) => ({
      session: await auth.database.session.count({ where: { id: sessionId } }),
      tokens: await auth.database.refreshToken.count({ where: { sessionId } }),
    });
    auth.putForward(2 * day);
    await clean(auth.now());
    expect(await left(old)).toEqual({ session: 1, tokens: 0 });
    expect(await left(young)).toEqual({ session: 1, tokens: 1 });
    expect(await auth.database.signInFailure.count()).toBe(0);
    expect(await refresh(auth, kept.refreshToken)).toMatchObject({ __typename: 'AuthSession' });
    auth.putForward(30 * day);
    await clean(auth.now());
    expect(await left(old)).toEqual({ session: 0, tokens: 0 });
    expect(await left(young)).toEqual({ session: 1, tokens: 0 });
  });
});

describe('the server', () => {
  test('waits for PostgreSQL when it starts, and can be stopped meanwhile', async () => {
    const nobodyListens = 'postgresql://postgres@127.0.0.1:1/auth';
    const server = wireServer({ ...auth.config, AUTH_DATABASE_URL: nobodyListens });
    const starting = server.start();
    expect(
      await inTime(
        starting.then(() => 'started'),
        300,
      ),
    ).toBeUndefined();
    await server.stop();
  });

  test('is ready with PostgreSQL alone', async () => {
    const response = await fetch(`${auth.address}/health/ready`);
    expect(await response.json()).toEqual({ ready: true, checks: { postgresql: 'ok' } });
  });
});
