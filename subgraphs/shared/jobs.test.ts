import { afterAll, afterEach, describe, expect, it } from '@jest/globals';
import { Queue } from 'bullmq';
import { z } from 'zod';
import { createJobQueue, defineJob, implementJob, startWorker, type RunningWorker } from './jobs.ts';
import { createLogger } from './logger.ts';
import { eventually } from './testing/eventually.ts';
import { createTestRedis } from './testing/test-redis.ts';

const logger = createLogger({ service: 'test', level: 'silent' });
const redis = createTestRedis();
const jobs = createJobQueue({ name: 'jobs', redis: redis.redis, prefix: redis.prefix, logger });
const queue = new Queue('jobs', { connection: redis.redis, prefix: `${redis.prefix}:queues` });
const sendLetter = defineJob({ name: 'send-letter', payload: z.object({ to: z.string() }) });
let worker: RunningWorker | undefined;

afterEach(async () => {
  await worker?.close();
  await queue.drain(true);
});
afterAll(async () => {
  await jobs.close();
  await queue.close();
  await redis.close();
});

function work(run: (payload: { to: string }) => Promise<void>): void {
  const implementations = [implementJob(sendLetter, run)];
  worker = startWorker({ queue: 'jobs', redis: redis.redis, prefix: redis.prefix, logger, implementations });
}

const stateOf = async (id: string) => (await queue.getJob(id))?.getState();

describe('a job', () => {
  it('is done with what it was asked with', async () => {
    const sent: string[] = [];
    work(async ({ to }) => void sent.push(to));
    await jobs.enqueue(sendLetter, { to: 'Ada' });
    await eventually(() => expect(sent).toEqual(['Ada']));
  });

  it('that is asked for twice under one id is done once', async () => {
    const sent: string[] = [];
    await jobs.enqueue(sendLetter, { to: 'Ada' }, { id: 'letter-1' });
    await jobs.enqueue(sendLetter, { to: 'Bob' }, { id: 'letter-1' });
    work(async ({ to }) => void sent.push(to));
    await eventually(async () => expect(await stateOf('letter-1')).toBe('completed'));
    await jobs.enqueue(sendLetter, { to: 'Eve' }, { id: 'letter-2' });
    await eventually(async () => expect(await stateOf('letter-2')).toBe('completed'));
    expect(sent).toEqual(['Ada', 'Eve']);
  });

  it('that failed is tried again', async () => {
    let attempts = 0;
    work(async () => {
      attempts++;
      if (attempts === 1) throw new Error('not now');
    });
    await jobs.enqueue(sendLetter, { to: 'Ada' }, { id: 'again' });
    await eventually(async () => expect(await stateOf('again')).toBe('completed'));
    expect(attempts).toBe(2);
  });

  it('whose payload cannot be read is never tried again', async () => {
    work(async () => {});
    await queue.add('send-letter', { to: 4711 }, { jobId: 'unreadable', attempts: 5 });
    await eventually(async () => expect(await stateOf('unreadable')).toBe('failed'));
    expect(await queue.getJob('unreadable')).toMatchObject({ attemptsMade: 1 });
  });

  it('that nobody has learnt to do is never tried again', async () => {
    work(async () => {});
    await queue.add('write-poem', {}, { jobId: 'unknown', attempts: 5 });
    await eventually(async () => expect(await stateOf('unknown')).toBe('failed'));
    expect(await queue.getJob('unknown')).toMatchObject({
      attemptsMade: 1,
      failedReason: 'no implementation of write-poem',
    });
  });

  it('is not done before its delay is over', async () => {
    const done: string[] = [];
    work(async ({ to }) => void done.push(to));
    await jobs.enqueue(sendLetter, { to: 'late' }, { delayMs: 200 });
    await jobs.enqueue(sendLetter, { to: 'now' });
    await eventually(() => expect(done).toEqual(['now', 'late']));
  });

  it('that is under way is finished before its worker closes', async () => {
    const [begun, mayEnd] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    work(async () => {
      begun.resolve();
      await mayEnd.promise;
    });
    await jobs.enqueue(sendLetter, { to: 'Ada' }, { id: 'under-way' });
    await begun.promise;
    const closed = worker!.close();
    mayEnd.resolve();
    await closed;
    expect(await stateOf('under-way')).toBe('completed');
  });
});
