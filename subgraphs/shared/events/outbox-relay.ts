import { once } from 'node:events';
import type { Redis } from 'ioredis';
import { Queue } from 'bullmq';
import type { SqlClient, TransactionalClient } from '../database.ts';
import { retrying } from '../jobs.ts';
import type { Logger } from '../logger.ts';
import { gauge, type Registry } from '../metrics.ts';
import { pause } from '../waiting.ts';
import { eventQueueName } from './event-catalogue.ts';

export type OutboxRelay = {
  start(): void;
  /**
   * Relays what is due now. @returns how many messages were sent and how many were found to be handled
   * @throws Error while Redis is away; everything stays due
   */
  relayOnce(): Promise<{ sent: number; acknowledged: number }>;
  close(): Promise<void>;
};

type Message = {
  position: bigint;
  event_id: string;
  name: string;
  data: unknown;
  correlation_id: string;
  occurred_at: Date;
  consumer: string;
};

const batchSize = 200;
/** Milliseconds that Redis is waited for before a pass is given up. */
const connectMs = 1_000;
/** Failures in a row that make an outage. */
const loggedFailures = 3;

/**
 * Sends recorded events to their consumers' BullMQ queues (job id = event id) and sends them again every `resendAfterMs`
 * until the queue says that the consumer has handled them. So a Redis that is flushed or started empty loses nothing;
 * the consumer's inbox makes sure that nothing is done twice. Several relays may run: rows are taken with SKIP LOCKED.
 */
export function createOutboxRelay<Transaction extends SqlClient>(options: {
  database: TransactionalClient<Transaction>;
  redis: Redis;
  prefix: string;
  logger: Logger;
  metrics: Registry;
  pollMs?: number;
  resendAfterMs?: number;
}): OutboxRelay {
  const { database, redis, prefix, logger, pollMs = 100, resendAfterMs = 2_000 } = options;
  // While Redis is away sending must fail, not wait: the rows stay due and the transaction is not held open.
  const connection = redis.duplicate({ maxRetriesPerRequest: 1, enableOfflineQueue: false });
  connection.on('error', (err: Error) => logger.debug({ err }, 'outbox relay lost Redis'));
  const queues = new Map<string, Queue>();
  const closing = new AbortController();
  let failures = 0;
  let running: Promise<void> | undefined;

  gauge(
    options.metrics,
    'gold_outbox_oldest_seconds',
    'Age of the oldest event that its consumer has not handled yet',
    {
      collect: async (oldest) => oldest.set(await oldestAgeSeconds(database)),
    },
  );

  function queueOf(consumer: string): Queue {
    const existing = queues.get(consumer);
    if (existing) return existing;
    const queue = new Queue(eventQueueName(consumer), { connection, prefix: `${prefix}:queues` });
    queue.on('error', (err) => logger.debug({ err, consumer }, 'event queue lost Redis'));
    queues.set(consumer, queue);
    return queue;
  }

  /** A queue whose connection broke while it was being set up fails for ever after; new ones are made for the next pass. */
  async function forgetQueues(): Promise<void> {
    const forgotten = [...queues.values()];
    queues.clear();
    await Promise.allSettled(forgotten.map((queue) => queue.close()));
  }

  /** BullMQ waits for Redis, however long: so nothing is taken from the outbox before Redis is there. */
  async function requireRedis(): Promise<void> {
    if (connection.status === 'ready') return;
    await once(connection, 'ready', { signal: AbortSignal.any([closing.signal, AbortSignal.timeout(connectMs)]) });
  }

  /** @returns whether the consumer has handled the message already */
  async function send(message: Message): Promise<boolean> {
    const queue = queueOf(message.consumer);
    const job = await queue.getJob(message.event_id);
    if (job) return (await job.getState()) === 'completed';
    const event = {
      id: message.event_id,
      name: message.name,
      occurredAt: message.occurred_at.toISOString(),
      correlationId: message.correlation_id,
      data: message.data,
    };
    // It is remembered long enough to see here that it was handled; a forgotten one is sent again and does nothing.
    await queue.add(message.name, event, { jobId: message.event_id, ...retrying(20) });
    return false;
  }

  async function relayOnce(): Promise<{ sent: number; acknowledged: number }> {
    await requireRedis();
    return database.$transaction(
      async (transaction) => {
        const due = await transaction.$queryRawUnsafe<Message[]>(
          `SELECT position, event_id, name, data, correlation_id, occurred_at, consumer FROM outbox_message
           WHERE acknowledged_at IS NULL AND next_attempt_at <= now()
           ORDER BY position LIMIT ${batchSize} FOR UPDATE SKIP LOCKED`,
        );
        if (due.length === 0) return { sent: 0, acknowledged: 0 };
        const handled = await Promise.all(due.map(send));
        const acknowledged = due.filter((_message, index) => handled[index]).map((message) => message.position);
        const open = due.filter((_message, index) => !handled[index]).map((message) => message.position);
        await transaction.$executeRawUnsafe(
          `UPDATE outbox_message SET acknowledged_at = now() WHERE position = ANY($1::bigint[])`,
          acknowledged,
        );
        await transaction.$executeRawUnsafe(
          `UPDATE outbox_message SET next_attempt_at = now() + $2 * interval '1 millisecond' WHERE position = ANY($1::bigint[])`,
          open,
          resendAfterMs,
        );
        return { sent: open.length, acknowledged: acknowledged.length };
      },
      { timeout: 30_000 },
    );
  }

  async function run(): Promise<void> {
    while (!closing.signal.aborted) {
      const { sent } = await relayOnce().then(recovered, failed);
      if (sent < batchSize) await pause(pollMs, closing.signal);
    }
  }

  function recovered<Result>(result: Result): Result {
    if (failures >= loggedFailures) logger.info('events are relayed again');
    failures = 0;
    return result;
  }

  /** An outage is logged once, not at every attempt; a passing trouble, such as at the start of a whole system, not at all. */
  async function failed(err: unknown): Promise<{ sent: number }> {
    failures += 1;
    if (!closing.signal.aborted)
      logger[failures === loggedFailures ? 'error' : 'debug']({ err }, 'relaying events failed; trying again');
    await forgetQueues();
    return { sent: 0 };
  }

  return {
    start() {
      running ??= run();
    },
    relayOnce,
    async close() {
      closing.abort();
      // Where Redis is away a pass under way would wait for it.
      const isAway = connection.status !== 'ready';
      if (isAway) connection.disconnect();
      await running;
      await forgetQueues();
      if (!isAway) connection.disconnect();
    },
  };
}

async function oldestAgeSeconds(database: SqlClient): Promise<number> {
  const rows = await database.$queryRawUnsafe<{ age: number | null }[]>(
    `SELECT extract(epoch FROM now() - min(occurred_at))::float8 AS age FROM outbox_message WHERE acknowledged_at IS NULL`,
  );
  return rows[0]?.age ?? 0;
}
