import { once } from 'node:events';
import type { Redis } from 'ioredis';
import { Queue } from 'bullmq';
import type { SqlClient } from '#shared/database.ts';
import type { Logger } from '#shared/logger.ts';
import { pause } from '#shared/waiting.ts';
import { createDeliveryRepository } from './delivery-repository.ts';
import { deliveryQueueName, sendDelivery } from './jobs/send-delivery.ts';

export type DeliveryRelay = { start(): void; close(): Promise<void> };

/** Deliveries that are asked for at once; more wait for their turn in the table, not in Redis. */
const batchSize = 500;
/** Milliseconds that Redis is waited for before a pass is given up. */
const connectMs = 1_000;
/** Failures in a row that make an outage. */
const loggedFailures = 3;

/**
 * Asks, every `pollMs`, for each delivery that is due, those whose attempt was lost included. The rows are the truth: a job
 * in the queue is asked for once (its id names delivery and attempt), is forgotten as soon as it has ended, and is asked for
 * again while its row is due; so a Redis that is flushed or started empty loses nothing. Several relays may run.
 */
export function createDeliveryRelay(options: {
  database: SqlClient;
  redis: Redis;
  prefix: string;
  logger: Logger;
  pollMs: number;
  now: () => number;
}): DeliveryRelay {
  const { database, redis, prefix, logger, pollMs, now } = options;
  const deliveries = createDeliveryRepository(database);
  const closing = new AbortController();
  // While Redis is away asking must fail, not wait: the next pass begins with what is due then.
  const connection = redis.duplicate({ maxRetriesPerRequest: 1, enableOfflineQueue: false });
  connection.on('error', (err: Error) => logger.debug({ err }, 'delivery relay lost Redis'));
  let queue: Queue | undefined;
  let failures = 0;
  let running: Promise<void> | undefined;

  function openQueue(): Queue {
    const opened = new Queue(deliveryQueueName, { connection, prefix: `${prefix}:queues` });
    opened.on('error', (err) => logger.debug({ err }, 'delivery queue lost Redis'));
    return opened;
  }

  async function relay(): Promise<void> {
    const due = await deliveries.due(new Date(now()), batchSize);
    if (due.length === 0) return;
    if (connection.status !== 'ready') await once(connection, 'ready', { signal: AbortSignal.timeout(connectMs) });
    queue ??= openQueue();
    await queue.addBulk(
      due.map(({ id, attempts }) => ({
        name: sendDelivery.name,
        data: { deliveryId: id },
        opts: { jobId: `${id}-${attempts}`, attempts: 1, removeOnComplete: true, removeOnFail: true },
      })),
    );
  }

  async function run(): Promise<void> {
    while (!closing.signal.aborted) {
      await relay().then(recovered, failed);
      await pause(pollMs, closing.signal);
    }
  }

  function recovered(): void {
    if (failures >= loggedFailures) logger.info('deliveries are asked for again');
    failures = 0;
  }

  /** An outage is logged once, not at every pass; a passing trouble not at all. A queue whose connection broke while it was set up fails for ever after. */
  async function failed(err: unknown): Promise<void> {
    failures += 1;
    if (!closing.signal.aborted)
      logger[failures === loggedFailures ? 'error' : 'debug']({ err }, 'asking for deliveries failed; trying again');
    const broken = queue;
    queue = undefined;
    await broken?.close().catch(() => undefined);
  }

  return {
    start() {
      running ??= run();
    },
    async close() {
      closing.abort();
      // Where Redis is away a pass under way would wait for it.
      const isAway = connection.status !== 'ready';
      if (isAway) connection.disconnect();
      await running;
      await queue?.close().catch(() => undefined);
      if (!isAway) connection.disconnect();
    },
  };
}
