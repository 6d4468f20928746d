import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createHousekeeping } from './housekeeping.ts';
import { createLogger } from './logger.ts';
import { openEventDatabase, type EventDatabase } from './testing/event-databases.ts';
import { eventually } from './testing/eventually.ts';

let events: EventDatabase;
beforeAll(async () => {
  events = await openEventDatabase('order');
});
afterAll(() => events.close());

test('what protects against repeats is kept for its days, and an event that was not handled for ever', async () => {
  const { database } = events;
  await database.$executeRawUnsafe(
    `INSERT INTO outbox_message (event_id, name, data, correlation_id, occurred_at, consumer, acknowledged_at)
     SELECT gen_random_uuid(), name, '{}', 'test', now() - interval '90 days', 'pricing', acknowledged_at
     FROM (VALUES ('old', now() - interval '8 days'), ('recent', now() - interval '6 days'), ('waiting', NULL)) AS row (name, acknowledged_at)`,
  );
  await database.$executeRawUnsafe(
    `INSERT INTO idempotency_key (scope, key, request_hash, created_at)
     VALUES ('test', 'old', '', now() - interval '31 days'), ('test', 'recent', '', now() - interval '29 days')`,
  );
  const logger = createLogger({ service: 'test', level: 'silent' });
  const housekeeping = createHousekeeping({ database, tables: ['outbox_message', 'idempotency_key'], logger });
  housekeeping.start();
  await eventually(async () => {
    const left = await database.$queryRawUnsafe<{ name: string }[]>(
      `SELECT name FROM outbox_message UNION ALL SELECT key FROM idempotency_key ORDER BY 1`,
    );
    expect(left.map(({ name }) => name)).toEqual(['recent', 'recent', 'waiting']);
  });
  await housekeeping.close();
});
