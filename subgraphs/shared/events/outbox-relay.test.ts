import { afterAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import type { SqlClient } from '../database.ts';
import { createLogger } from '../logger.ts';
import { createMetrics } from '../metrics.ts';
import { aProductChange, openEventDatabase, type EventDatabase } from '../testing/event-databases.ts';
import { eventually } from '../testing/eventually.ts';
import { createTestRedis } from '../testing/test-redis.ts';
import { eventQueueName } from './event-catalogue.ts';
import { startEventConsumer } from './event-consumer.ts';
import { createOutboxRelay } from './outbox-relay.ts';
import { recordEvent } from './outbox.ts';

const logger = createLogger({ service: 'test', level: 'silent' });
const metrics = createMetrics('test');
const redis = createTestRedis();
const queue = new Queue(eventQueueName('pricing'), { connection: redis.redis, prefix: `${redis.prefix}:queues` });
const opened: EventDatabase[] = [];
let order: EventDatabase;
let pricing: EventDatabase;

beforeEach(async () => {
  [order, pricing] = await Promise.all([openEventDatabase('order'), openEventDatabase('pricing')]);
  opened.push(order, pricing);
  await redis.flush();
});
afterAll(async () => {
  await queue.close();
  await Promise.all(opened.map((database) => database.close()));
  await redis.close();
});

const record = (sku: string) =>
  recordEvent(order.database, 'order.product-changed', aProductChange({ sku }), new Date('2026-11-20T10:00:00Z'));

function relayOf(values: { resendAfterMs?: number; redis?: typeof redis.redis } = {}) {
  return createOutboxRelay({
    database: order.database,
    redis: redis.redis,
    prefix: redis.prefix,
    logger,
    metrics,
    resendAfterMs: 0,
    ...values,
  });
}

function consume(handled: string[]) {
  return startEventConsumer({
    consumer: 'pricing',
    database: pricing.database,
    redis: redis.redis,
    prefix: redis.prefix,
    logger,
    handlers: {
      'order.product-changed': async (_transaction: SqlClient, event) => {
        handled.push(event.id);
      },
      'order.order-placed': () => Promise.reject(new Error('nothing is ordered here')),
    },
  });
}

const unacknowledged = () => order.database.outboxMessage.count({ where: { acknowledgedAt: null } });

describe('the outbox relay', () => {
  it('sends an event under its own id, as it was recorded', async () => {
    const relay = relayOf();
    const id = await record('BAR-1');
    expect(await relay.relayOnce()).toEqual({ sent: 1, acknowledged: 0 });
    const job = await queue.getJob(id);
    expect(job).toMatchObject({ name: 'order.product-changed', data: { id, occurredAt: '2026-11-20T10:00:00.000Z' } });
    expect(job?.data.data).toEqual(aProductChange({ sku: 'BAR-1' }));
    await relay.close();
  });

  it('acknowledges an event only when its consumer has handled it', async () => {
    const relay = relayOf();
    await record('BAR-2');
    await relay.relayOnce();
    expect(await relay.relayOnce()).toEqual({ sent: 1, acknowledged: 0 });
    expect(await unacknowledged()).toBe(1);
    const handled: string[] = [];
    const consumer = consume(handled);
    await eventually(async () => {
      await relay.relayOnce();
      expect(await unacknowledged()).toBe(0);
    });
    expect(handled).toHaveLength(1);
    expect(await relay.relayOnce()).toEqual({ sent: 0, acknowledged: 0 });
    await consumer.close();
    await relay.close();
  });

  it('sends again what an emptied Redis has lost, and it is handled once', async () => {
    const relay = relayOf();
    const ids = [await record('BAR-3'), await record('BAR-4')];
    await relay.relayOnce();
    await redis.flush();
    expect(await queue.getJob(ids[0]!)).toBeUndefined();
    const handled: string[] = [];
    const consumer = consume(handled);
    relay.start();
    await eventually(async () => expect(await unacknowledged()).toBe(0));
    await redis.flush();
    await order.database.outboxMessage.updateMany({ data: { acknowledgedAt: null } });
    await eventually(async () => expect(await unacknowledged()).toBe(0));
    expect(handled.toSorted()).toEqual(ids.toSorted());
    await relay.close();
    await consumer.close();
  });

  it('leaves an event alone for a while once it is sent', async () => {
    const relay = relayOf({ resendAfterMs: 60_000 });
    await record('BAR-5');
    await relay.relayOnce();
    expect(await relay.relayOnce()).toEqual({ sent: 0, acknowledged: 0 });
    await relay.close();
  });

  it('shares the work with other relays, so that each event is sent by one', async () => {
    const relays = [relayOf({ resendAfterMs: 60_000 }), relayOf({ resendAfterMs: 60_000 })];
    for (let index = 0; index < 20; index++) await record(`BAR-${index}`);
    const results = await Promise.all(relays.map((relay) => relay.relayOnce()));
    expect(results.reduce((total, { sent }) => total + sent, 0)).toBe(20);
    await Promise.all(relays.map((relay) => relay.close()));
  });

  it('keeps what cannot be sent while Redis is away, and does not wait for it', async () => {
    // Port 1 refuses; the short time-out is for ioredis' own timers, which else outlive the test.
    const away = new Redis(1, '127.0.0.1', { disconnectTimeout: 1 });
    away.on('error', () => {});
    const relay = relayOf({ redis: away });
    await record('BAR-6');
    await expect(relay.relayOnce()).rejects.toThrow();
    expect(await unacknowledged()).toBe(1);
    await relay.close();
    away.disconnect();
    const later = relayOf();
    expect(await later.relayOnce()).toEqual({ sent: 1, acknowledged: 0 });
    await later.close();
  });
});
