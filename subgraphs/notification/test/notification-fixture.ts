import { randomUUID } from 'node:crypto';
import { expect } from '@jest/globals';
import { Queue } from 'bullmq';
import { PrismaClient } from '#prisma/notification/generated/client.ts';
import { databaseOptions } from '#shared/database.ts';
import { eventQueueName, type EventData, type EventName } from '#shared/events/event-catalogue.ts';
import { retrying } from '#shared/jobs.ts';
import type { WiredProcess } from '#shared/run-process.ts';
import { eventually } from '#shared/testing/eventually.ts';
import { createGraphqlClient, type GraphqlClient } from '#shared/testing/graphql-client.ts';
import { startKeyServer } from '#shared/testing/key-server.ts';
import { spawnService } from '#shared/testing/spawned-service.ts';
import { createTestDatabase } from '#shared/testing/test-database.ts';
import { createTestRedis, type TestRedis } from '#shared/testing/test-redis.ts';
import { readConfig } from '../config.ts';
import { wireServer } from '../wire-server.ts';
import { wireWorker } from '../wire-worker.ts';

/** A running notification service with a database and a Redis prefix of its own; workers are started by the test. */
export type NotificationFixture = {
  database: PrismaClient;
  redis: TestRedis;
  /** A client that is signed in as a user; nobody without one. */
  clientOf(userId?: string, role?: 'CUSTOMER' | 'OPERATOR' | 'ADMIN'): GraphqlClient;
  /** Starts a worker; it is stopped with the fixture, or before by its `stop`. */
  startWorker(
    environment?: Record<string, string>,
    outside?: Parameters<typeof wireWorker>[1],
  ): Promise<WiredProcess & { port: number }>;
  stopWorkers(): Promise<void>;
  /** Runs a worker in a process of its own, which can be killed. */
  spawnWorker(environment?: Record<string, string>): Promise<{ kill(): Promise<void> }>;
  /** Tells the service an event as the outbox relay does. @returns the event's id */
  tell<N extends EventName>(name: N, data: EventData<N>, id?: string): Promise<string>;
  /** Tells the service a user, and waits until a worker has learned of the user. */
  learn(user: EventData<'auth.user-changed'>): Promise<void>;
  stop(): Promise<void>;
};

/** Starts a server on a migrated, empty database. @param environment settings for the server and every worker */
export async function startNotification(environment: Record<string, string> = {}): Promise<NotificationFixture> {
  const [testDatabase, redis, keys] = [
    await createTestDatabase('notification'),
    createTestRedis(),
    await startKeyServer(),
  ];
  const database = new PrismaClient(databaseOptions({ url: testDatabase.url, poolSize: 2 }));
  const base = {
    NOTIFICATION_DATABASE_URL: testDatabase.url,
    REDIS_URL: redis.url,
    REDIS_PREFIX: redis.prefix,
    AUTH_JWKS_URL: keys.jwksUrl,
    AUTH_ISSUER: keys.issuer,
    PORT: '0',
    LOG_LEVEL: 'silent',
    DATABASE_POOL_SIZE: '3',
    DELIVERY_POLL_MS: '20',
    DELIVERY_RETRY_MS: '50',
    ...environment,
  };
  const server = wireServer(readConfig(base));
  const url = `http://127.0.0.1:${await server.start()}/graphql`;
  const queue = new Queue(eventQueueName('notification'), {
    connection: redis.redis,
    prefix: `${redis.prefix}:queues`,
  });
  const clients: GraphqlClient[] = [];
  const workers = new Set<WiredProcess>();
  const fixture: NotificationFixture = {
    database,
    redis,
    clientOf(userId, role = 'CUSTOMER') {
      const authorization = userId && `Bearer ${keys.sign({ sub: userId, roles: [role] })}`;
      const options = authorization
        ? { headers: { authorization }, socket: { connectionParams: { authorization } } }
        : {};
      const client = createGraphqlClient(url, options);
      clients.push(client);
      return client;
    },
    async startWorker(more = {}, outside = {}) {
      const worker = wireWorker(readConfig({ ...base, ROLE: 'worker', ...more }), outside);
      workers.add(worker);
      const port = await worker.start();
      return { ...worker, port, stop: async () => void (workers.delete(worker) && (await worker.stop())) };
    },
    spawnWorker: (more = {}) => spawnService('notification', { ...base, ROLE: 'worker', ...more }),
    async tell(name, data, id = randomUUID()) {
      const event = { id, name, occurredAt: new Date().toISOString(), correlationId: randomUUID(), data };
      // As the outbox relay asks for it.
      await queue.add(name, event, { jobId: id, ...retrying(20) });
      return id;
    },
    async learn(user) {
      await fixture.tell('auth.user-changed', user);
      await soon(async () => {
        const { userId, version } = user;
        expect(await database.recipient.count({ where: { userId, version: { gte: version } } })).toBe(1);
      });
    },
    async stopWorkers() {
      for (const worker of workers) await worker.stop();
      workers.clear();
    },
    async stop() {
      for (const client of clients) await client.close();
      await fixture.stopWorkers();
      await server.stop();
      await queue.close();
      await database.$disconnect();
      await redis.close();
      await keys.close();
      await testDatabase.drop();
    },
  };
  return fixture;
}

/** Waits until an expectation holds; machines that run many tests at once take their time. */
export function soon(expectation: () => void | Promise<void>): Promise<void> {
  return eventually(expectation, 15_000);
}

/** What `auth.user-changed` tells, with sensible values where none are given. */
export function aUser(values: Partial<EventData<'auth.user-changed'>> = {}): EventData<'auth.user-changed'> {
  const userId = values.userId ?? 'user-1';
  return { userId, version: 1, email: `${userId}@example.com`, name: 'Ada', locale: 'en-GB', phone: null, ...values };
}

/** What `order.order-placed` tells, with sensible values where none are given. */
export function anOrder(values: Partial<EventData<'order.order-placed'>> = {}): EventData<'order.order-placed'> {
  return {
    orderId: 'order-1',
    version: 1,
    number: 'G-1000042',
    customerId: 'user-1',
    quoteId: 'quote-1',
    status: 'PENDING_PAYMENT',
    side: 'BUY',
    total: { amount: '8246.18', currency: 'USD' },
    lines: [{ sku: 'BAR-100G', name: 'Gold bar 100 g', quantity: 2 }],
    paymentDueAt: '2026-11-20T10:45:00.000Z',
    reason: null,
    ...values,
  };
}

type InboxData = {
  _entities: [
    {
      inbox: {
        unreadCount: number;
        nodes: {
          id: string;
          category: string;
          title: string;
          body: string;
          createdAt: string;
          readAt: string | null;
          deliveries: {
            id: string;
            channel: string;
            status: string;
            attempts: number;
            lastError: string | null;
            sentAt: string | null;
          }[];
        }[];
        pageInfo: { hasNextPage: boolean; endCursor: string | null };
      } | null;
    },
  ];
};

const inboxDocument = /* GraphQL */ `
  query Inbox($userId: ID!, $first: Int!, $after: String, $unreadOnly: Boolean) {
    _entities(representations: [{ __typename: "User", id: $userId }]) {
      ... on User {
        inbox(first: $first, after: $after, unreadOnly: $unreadOnly) {
          unreadCount
          nodes {
            id
            category
            title
            body
            createdAt
            readAt
            deliveries {
              id
              channel
              status
              attempts
              lastError
              sentAt
            }
          }
          pageInfo {
            hasNextPage
            endCursor
          }
        }
      }
    }
  }
`;

/** Somebody's inbox as a client sees it; null with the errors where it is refused. */
export async function readInbox(
  client: GraphqlClient,
  userId: string,
  page: { first?: number; after?: string | null; unreadOnly?: boolean } = {},
) {
  const { data, errors } = await client.request<InboxData>(inboxDocument, { userId, first: 20, ...page });
  return { inbox: data?._entities[0].inbox ?? null, errors };
}

/** `EMAIL SENT` for each delivery of the newest entry, in the order of the channels. */
export async function newestDeliveries(client: GraphqlClient, userId: string): Promise<string[]> {
  const { inbox } = await readInbox(client, userId, { first: 1 });
  return (inbox?.nodes[0]?.deliveries ?? []).map(({ channel, status }) => `${channel} ${status}`);
}
