import { randomUUID } from 'node:crypto';
import { expect } from '@jest/globals';
import { createLogger } from '#shared/logger.ts';
import { aTick } from '#shared/testing/builders.ts';
import { eventually } from '#shared/testing/eventually.ts';
import type { GraphqlClient } from '#shared/testing/graphql-client.ts';
import { createTickWriter } from '#shared/ticks/tick-writer.ts';
import type { Tick } from '#shared/ticks/tick.ts';
import { startNotification, type NotificationFixture } from './notification-fixture.ts';

export type AlertFields = {
  id: string;
  instrument: { symbol: string };
  condition: string;
  threshold: string;
  status: string;
  repeat: string;
  channels: string[] | null;
  alreadyMet: boolean;
  isArmed: boolean;
  lastTriggeredAt: string | null;
  lastTriggeredSequence: string | null;
  triggerCount: number;
};

export type CreateResult = AlertFields & {
  __typename: string;
  code?: string;
  message?: string;
  retryable?: boolean;
  limit?: number;
  issues?: { path: string[]; message: string }[];
};

/** The service with a stream of XAU-USD prices. */
export type PriceAlertFixture = NotificationFixture & {
  /** Publishes ticks with these middle prices, bid and ask 0.30 beside them. */
  publish(...mids: (string | number)[]): Promise<Tick[]>;
  /** Publishes one mid price of a quality. */
  publishOf(quality: Tick['quality'], mid: number): Promise<Tick[]>;
  /** Publishes recorded quotes: time, bid and ask. */
  publishQuotes(quotes: [time: string, bid: string, ask: string][]): Promise<Tick[]>;
  /** Creates an alert of a user's: one that is met at 4200 or above, where nothing else is given. */
  create(userId: string, input?: Record<string, unknown>): Promise<CreateResult>;
  alertsOf(userId: string): Promise<AlertFields[]>;
  /** The titles of what a user was told, the oldest first. */
  told(userId: string): Promise<string[]>;
  /** Waits until a worker has judged all ticks up to a sequence. */
  judged(worker: { port: number }, sequence: number): Promise<void>;
};

const fields = /* GraphQL */ `
  fragment Fields on PriceAlert {
    id
    instrument {
      symbol
    }
    condition
    threshold
    status
    repeat
    channels
    alreadyMet
    isArmed
    lastTriggeredAt
    lastTriggeredSequence
    triggerCount
  }
`;

export const createDocument = /* GraphQL */ `
  mutation CreatePriceAlert($input: CreatePriceAlertInput!) {
    createPriceAlert(input: $input) {
      __typename
      ...Fields
      ... on Error {
        code
        message
        retryable
      }
      ... on InvalidInputError {
        issues {
          path
          message
        }
      }
      ... on AlertLimitError {
        limit
      }
    }
  }
  ${fields}
`;

export const listDocument = /* GraphQL */ `
  query MyAlerts($users: [_Any!]!, $first: Int!, $after: String) {
    _entities(representations: $users) {
      ... on User {
        priceAlerts(first: $first, after: $after) {
          nodes {
            ...Fields
          }
          pageInfo {
            hasNextPage
            endCursor
          }
        }
      }
    }
  }
  ${fields}
`;

export const anInput = (input: Record<string, unknown> = {}) => ({
  idempotencyKey: randomUUID(),
  symbol: 'XAU-USD',
  condition: 'CROSS_ABOVE',
  threshold: '4200',
  ...input,
});

/** Starts the service with a first price of 4100. @param environment settings for the server and every worker */
export async function startPriceAlerts(environment: Record<string, string> = {}): Promise<PriceAlertFixture> {
  const notification = await startNotification(environment);
  const { redis, database } = notification;
  const logger = createLogger({ service: 'test', level: 'silent' });
  const writer = createTickWriter({ redis: redis.redis, prefix: redis.prefix, keep: 20_000, logger });
  await writer.open('XAU-USD', { ceiling: 0, atLeast: 0 });
  const clients = new Map<string, GraphqlClient>();
  const clientOf = (userId: string) => {
    const client = clients.get(userId) ?? notification.clientOf(userId);
    clients.set(userId, client);
    return client;
  };
  const tickAt = (mid: string | number, values: Partial<Tick>) =>
    aTick({ bid: (Number(mid) - 0.3).toFixed(4), ask: (Number(mid) + 0.3).toFixed(4), ...values });
  const begun = Date.parse('2026-11-20T10:00:00Z');
  const publish: PriceAlertFixture['publish'] = (...mids) =>
    writer.publish(mids.map((mid, index) => tickAt(mid, { time: begun + index })));
  await publish(4100);
  return {
    ...notification,
    publish,
    publishOf: (quality, mid) => writer.publish([tickAt(mid, { time: begun, quality })]),
    publishQuotes: (quotes) =>
      writer.publish(quotes.map(([time, bid, ask]) => aTick({ bid, ask, time: Date.parse(time) }))),
    async create(userId, input) {
      const { data, errors } = await clientOf(userId).request<{ createPriceAlert: CreateResult }>(createDocument, {
        input: anInput(input),
      });
      expect(errors).toBeUndefined();
      return data!.createPriceAlert;
    },
    async alertsOf(userId) {
      const { data } = await clientOf(userId).request<{
        _entities: [{ priceAlerts: { nodes: AlertFields[] } }];
      }>(listDocument, { users: [{ __typename: 'User', id: userId }], first: 100 });
      return data!._entities[0].priceAlerts.nodes;
    },
    async told(userId) {
      const rows = await database.notification.findMany({
        where: { recipientId: userId },
        orderBy: { sequence: 'asc' },
      });
      return rows.map(({ title }) => title);
    },
    judged: ({ port }, sequence) =>
      eventually(async () => {
        const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
        const judged = /^gold_alert_last_sequence\{symbol="XAU-USD".*\} (\d+)$/m.exec(metrics)?.[1];
        expect(Number(judged)).toBeGreaterThanOrEqual(sequence);
      }, 15_000),
  };
}
