import type { Redis } from 'ioredis';
import { Queue, UnrecoverableError, Worker, type JobsOptions } from 'bullmq';
import type { Logger } from './logger.ts';

/** What can be asked: a name, and how its payload is read. */
export type JobDefinition<Payload> = {
  name: string;
  /** Reads a payload, which came through Redis as JSON; a zod schema is one. Throws when it is not usable. */
  payload: { parse(value: unknown): Payload };
};

/** How it is done. Only `startWorker` looks inside. */
export type JobImplementation = { name: string; run(payload: unknown): Promise<void> };

export type JobQueue = {
  /**
   * Asks for a job. A job with the same `id` that is still in the queue is not asked for twice.
   * @param options.id may not contain a colon
   * @param options.delayMs milliseconds to wait before it may run
   */
  enqueue<Payload>(
    definition: JobDefinition<Payload>,
    payload: Payload,
    options?: { id?: string; delayMs?: number; attempts?: number },
  ): Promise<void>;
  close(): Promise<void>;
};

export type RunningWorker = { close(): Promise<void> };

/** Defines a job; the definition is what those who ask and those who do it share. */
export function defineJob<Payload>(definition: JobDefinition<Payload>): JobDefinition<Payload> {
  return definition;
}

/** Pairs a definition with its implementation. A payload that cannot be read is never tried again. */
export function implementJob<Payload>(
  definition: JobDefinition<Payload>,
  run: (payload: Payload) => Promise<void>,
): JobImplementation {
  return {
    name: definition.name,
    async run(value) {
      let payload: Payload;
      try {
        payload = definition.payload.parse(value);
      } catch (error) {
        throw new UnrecoverableError(
          `${definition.name}: unreadable payload: ${error instanceof Error ? error.message : String(error)}`,
        );
      }
      await run(payload);
    },
  };
}

/**
 * How a failed job is tried again: after 250 ms at first, twice as long each time, with jitter. A job that was done is
 * remembered for an hour, so that asking for it again does nothing.
 */
export function retrying(attempts: number): JobsOptions {
  return { attempts, backoff: { type: 'exponential', delay: 250, jitter: 0.5 }, removeOnComplete: { age: 3_600 } };
}

/** A queue to ask for jobs. Failed attempts are repeated with exponential backoff and jitter. */
export function createJobQueue(options: { name: string; redis: Redis; prefix: string; logger: Logger }): JobQueue {
  const queue = new Queue(options.name, { connection: options.redis, prefix: `${options.prefix}:queues` });
  queue.on('error', (err) => options.logger.debug({ err, queue: options.name }, 'job queue lost Redis'));
  return {
    async enqueue(definition, payload, { id, delayMs, attempts = 10 } = {}) {
      const jobOptions: JobsOptions = {
        ...retrying(attempts),
        ...(id !== undefined && { jobId: id }),
        ...(delayMs !== undefined && { delay: delayMs }),
      };
      await queue.add(definition.name, payload, jobOptions);
    },
    close: () => queue.close(),
  };
}

/**
 * Does the jobs of a queue. A worker that is killed leaves its job to another after 30 s; `close` waits for jobs under way.
 * @param options.concurrency jobs that run at once in this process
 */
export function startWorker(options: {
  queue: string;
  redis: Redis;
  prefix: string;
  logger: Logger;
  implementations: JobImplementation[];
  concurrency?: number;
}): RunningWorker {
  const { logger } = options;
  const byName = new Map(options.implementations.map((implementation) => [implementation.name, implementation]));
  const worker = new Worker(
    options.queue,
    async (job) => {
      const implementation = byName.get(job.name);
      if (!implementation) throw new UnrecoverableError(`no implementation of ${job.name}`);
      await implementation.run(job.data);
    },
    { connection: options.redis, prefix: `${options.prefix}:queues`, concurrency: options.concurrency ?? 8 },
  );
  worker.on('error', (err) => logger.debug({ err, queue: options.queue }, 'worker lost Redis'));
  worker.on('failed', (job, err) => {
    const isLast = job !== undefined && job.attemptsMade >= (job.opts.attempts ?? 1);
    logger[isLast || err instanceof UnrecoverableError ? 'error' : 'warn'](
      { err, job: job?.name, id: job?.id, attempt: job?.attemptsMade },
      'job failed',
    );
  });
  // Where Redis is away no job can be ended properly, and waiting for that would be waiting for Redis.
  return { close: () => worker.close(options.redis.status !== 'ready') };
}
