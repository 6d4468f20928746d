import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { Queue } from 'bullmq';
import { correlationId } from '../correlation.ts';
import type { RunningWorker } from '../jobs.ts';
import { createLogger } from '../logger.ts';
import { aProductChange, openEventDatabase, type EventDatabase } from '../testing/event-databases.ts';
import { eventually } from '../testing/eventually.ts';
import { createTestRedis } from '../testing/test-redis.ts';
import { eventQueueName } from './event-catalogue.ts';
import { startEventConsumer } from './event-consumer.ts';

const logger = createLogger({ service: 'test', level: 'silent' });
const redis = createTestRedis();
const queue = new Queue(eventQueueName('pricing'), { connection: redis.redis, prefix: `${redis.prefix}:queues` });
let pricing: EventDatabase;
let consumer: RunningWorker | undefined;

beforeAll(async () => {
  pricing = await openEventDatabase('pricing');
});
afterEach(() => consumer?.close());
afterAll(async () => {
  await queue.close();
  await pricing.close();
  await redis.close();
});

function consume(handle: () => Promise<void>): void {
  consumer = startEventConsumer({
    consumer: 'pricing',
    database: pricing.database,
    redis: redis.redis,
    prefix: redis.prefix,
    logger,
    handlers: { 'order.product-changed': handle, 'order.order-placed': handle },
  });
}

async function send(values: { data?: unknown } = {}): Promise<string> {
  const id = randomUUID();
  const occurredAt = '2026-11-20T10:00:00.000Z';
  const event = { id, name: 'order.product-changed', occurredAt, correlationId: 'cause', data: aProductChange() };
  const backoff = { type: 'fixed', delay: 1 };
  await queue.add('order.product-changed', { ...event, ...values }, { jobId: id, attempts: 5, backoff });
  return id;
}

describe('a consumer of events', () => {
  it('handles an event under the correlation id of what caused it', async () => {
    const causes: (string | undefined)[] = [];
    consume(async () => void causes.push(correlationId()));
    await send();
    await eventually(() => expect(causes).toEqual(['cause']));
  });

  it('tries again what failed for the moment', async () => {
    let attempts = 0;
    consume(async () => {
      attempts++;
      if (attempts < 3) throw new Error('not now');
    });
    const id = await send();
    await eventually(async () => expect(await (await queue.getJob(id))?.getState()).toBe('completed'));
    expect(attempts).toBe(3);
  });

  it('gives up at once an event that it cannot read, and keeps it for an operator', async () => {
    let attempts = 0;
    consume(async () => void attempts++);
    const id = await send({ data: { sku: 'BAR-100G' } });
    await eventually(async () => expect(await (await queue.getJob(id))?.getState()).toBe('failed'));
    const job = await queue.getJob(id);
    expect([attempts, job?.attemptsMade]).toEqual([0, 1]);
    expect(job?.failedReason).toContain('unreadable payload');
  });

  it('does not start without a handler for everything that it is told of', () => {
    expect(() =>
      startEventConsumer({
        consumer: 'pricing',
        database: pricing.database,
        redis: redis.redis,
        prefix: redis.prefix,
        logger,
        handlers: {},
      }),
    ).toThrow('order.product-changed');
  });
});
