import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { PrismaClient } from '#prisma/market-data/generated/client.ts';
import { databaseOptions, type SqlClient, type TransactionalClient } from '#shared/database.ts';
import { createMetrics } from '#shared/metrics.ts';
import { aTick } from '#shared/testing/builders.ts';
import { createTickFollower, type TickFollower } from '#shared/ticks/tick-follower.ts';
import { createTickWriter } from '#shared/ticks/tick-writer.ts';
import type { Tick } from '#shared/ticks/tick.ts';
import { createTickHistoryRepository } from '../history/tick-history-repository.ts';
import { createHistoryWriter } from '../history/write-history.ts';
import { createTickCheckpointRepository } from '../ingestion/tick-checkpoint-repository.ts';
import { createCandleMetrics } from '../market-data-metrics.ts';
import { createMarketDataBed, until, type MarketDataBed } from './market-data-processes.ts';

const symbol = 'XAU-USD';

let bed: MarketDataBed;
/** On the server and not in the database: it can end every connection to that one. */
let server: pg.Client;
let stops: (() => Promise<void>)[];
beforeAll(async () => {
  bed = await createMarketDataBed();
  server = new pg.Client({ connectionString: new URL('/postgres', bed.database.url).href });
  await server.connect();
});
beforeEach(async () => {
  stops = [];
  await bed.redis.flush();
  await bed.prisma.$executeRawUnsafe('TRUNCATE tick, candle, tick_checkpoint');
});
afterEach(async () => {
  for (const stop of stops) await stop();
});
afterAll(async () => {
  await server.end();
  await bed.close();
});

/** A writer of its own connections, as another process has. */
const startWriter = (
  options: {
    database?: (prisma: PrismaClient) => TransactionalClient<SqlClient>;
    follower?: (follower: TickFollower) => Pick<TickFollower, 'ticks'>;
    onWritten?: (symbol: string, sequence: number) => Promise<void>;
  } = {},
) => {
  const follower = createTickFollower({ ...bed.redis, memory: 1_000, logger: bed.logger });
  const prisma = new PrismaClient(databaseOptions({ url: bed.database.url, poolSize: 2 }));
  const writer = createHistoryWriter({
    symbols: [symbol],
    follower: options.follower?.(follower) ?? follower,
    checkpoints: createTickCheckpointRepository(prisma),
    prisma: options.database?.(prisma) ?? prisma,
    keepDays: 30,
    onWritten: options.onWritten,
    metrics: createCandleMetrics(createMetrics('test')),
    clock: Date.now,
    logger: bed.logger,
  });
  writer.start();
  let stopping: Promise<void> | undefined;
  const stop = async () => {
    await writer.stop();
    await follower.close();
    await prisma.$disconnect();
  };
  const stopOnce = () => (stopping ??= stop());
  stops.push(stopOnce);
  return { stop: stopOnce };
};
/** A feed whose stream keeps everything. */
const openWriter = async (known = { ceiling: 0, atLeast: 0 }) => {
  const writer = createTickWriter({ ...bed.redis, keep: 100_000, logger: bed.logger });
  await writer.open(symbol, known);
  return writer;
};
const ticksFrom = (published: number, count: number) =>
  Array.from({ length: count }, (_each, index) =>
    aTick({ time: 1_800_000_000_000 + (published + index) * 900, receivedAt: Date.now() }),
  );
const counted = async (interval: 'MINUTE_1' | 'HOUR_1' | 'DAY_1' | 'MONTH_1') => {
  const candles = await bed.prisma.candle.groupBy({
    by: 'basis',
    where: { symbol, interval },
    _sum: { tickCount: true },
  });
  return candles.map(({ _sum }) => _sum.tickCount);
};
const checkpoint = async () =>
  Number((await bed.prisma.tickCheckpoint.findUnique({ where: { symbol } }))?.historySequence ?? 0);
const written = () => createTickHistoryRepository(bed.prisma).after(symbol, 0, 100_000);

/** Every tick is there once, as it was published, and counted once in the candles of every basis and interval. */
const expectExactlyOnce = async (published: Tick[]) => {
  expect(await written()).toEqual(published);
  for (const interval of ['MINUTE_1', 'HOUR_1', 'DAY_1', 'MONTH_1'] as const)
    expect(await counted(interval)).toEqual([published.length, published.length, published.length]);
};

describe('writers of the history', () => {
  /** The connection breaks behind the first two commits that move the checkpoint. */
  let lostAnswers = 0;
  const forgetful = (prisma: PrismaClient): TransactionalClient<SqlClient> => ({
    $queryRawUnsafe: prisma.$queryRawUnsafe.bind(prisma),
    $executeRawUnsafe: prisma.$executeRawUnsafe.bind(prisma),
    async $transaction(work, options) {
      const before = await checkpoint();
      const answer = await prisma.$transaction(work, options);
      if (lostAnswers === 2 || (await checkpoint()) === before) return answer;
      lostAnswers += 1;
      throw new Error('the connection was lost after the commit');
    },
  });

  test.each([
    ['two at once', [undefined, undefined]],
    ['one whose answers are lost', [forgetful]],
    ['one whose answers are lost beside another', [forgetful, undefined]],
  ])('write every tick once: %s', async (_which, writers) => {
    lostAnswers = 0;
    for (const database of writers) startWriter({ database });
    const feed = await openWriter();
    const published: Tick[] = [];
    await until(async () => {
      published.push(...(await feed.publish(ticksFrom(published.length, 7))));
      // Of two that are at work one may always come first.
      return published.length >= 400 && (writers.length > 1 ? (await checkpoint()) > 0 : lostAnswers === 2);
    });
    await until(async () => (await checkpoint()) === published.length);
    await expectExactlyOnce(published);
  });

  test('connections that are ended again and again cost no tick and double none', async () => {
    const name = new URL(bed.database.url).pathname.slice(1);
    startWriter();
    const feed = await openWriter();
    const published: Tick[] = [];
    let ended = 0;
    await until(async () => {
      published.push(...(await feed.publish(ticksFrom(published.length, 10))));
      const { rows } = await server.query(
        // In the middle of a write, whenever there is one.
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1 AND xact_start IS NOT NULL`,
        [name],
      );
      ended += rows.length;
      return ended >= 4;
    }, 60_000);
    await until(async () => (await checkpoint()) === published.length);
    await expectExactlyOnce(published);
  });

  test('while PostgreSQL is away reading waits, and nothing is lost', async () => {
    const name = new URL(bed.database.url).pathname.slice(1);
    let read = 0;
    startWriter({
      follower: (follower) => ({
        async *ticks(of, options) {
          for await (const tick of follower.ticks(of, options)) {
            read += 1;
            yield tick;
          }
        },
      }),
    });
    const feed = await openWriter();
    const published = await feed.publish(ticksFrom(0, 1));
    await until(async () => (await checkpoint()) === 1);
    await bed.prisma.$disconnect();
    await server.query(`ALTER DATABASE "${name}" ALLOW_CONNECTIONS false`);
    await server.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1', [name]);
    for (let batch = 0; batch < 25; batch += 1)
      published.push(...(await feed.publish(ticksFrom(published.length, 1_000))));
    await until(async () => read >= 20_000);
    expect(read).toBeLessThan(20_100);
    await server.query(`ALTER DATABASE "${name}" ALLOW_CONNECTIONS true`);
    await until(async () => (await checkpoint()) === published.length);
    await expectExactlyOnce(published);
  });

  test('what is told to be written is written, from the start on', async () => {
    const feed = await openWriter();
    await feed.publish(ticksFrom(0, 10));
    const first = startWriter();
    await until(async () => (await checkpoint()) === 10);
    await first.stop();
    const told: number[] = [];
    startWriter({
      async onWritten(_symbol, sequence) {
        told.push(sequence);
        expect(await checkpoint()).toBeGreaterThanOrEqual(sequence);
      },
    });
    await until(async () => told[0] === 10);
    await feed.publish(ticksFrom(10, 5));
    await until(async () => told.at(-1) === 15);
    expect(told).toEqual(told.toSorted((a, b) => a - b));
  });

  test('an orderly stop writes what was read', async () => {
    const feed = await openWriter();
    const reading = Promise.withResolvers<void>();
    const writer = startWriter({
      follower: (follower) => ({
        async *ticks(of, options) {
          for await (const tick of follower.ticks(of, options)) {
            yield tick;
            if (tick.sequence === 3) reading.resolve();
          }
        },
      }),
    });
    await until(async () => (await checkpoint()) === 0);
    const published = await feed.publish(ticksFrom(0, 3));
    await reading.promise;
    await writer.stop();
    await expectExactlyOnce(published);
  });

  test('a stream that was lost and goes on further on is followed', async () => {
    const feed = await openWriter();
    const published = await feed.publish(ticksFrom(0, 10));
    const first = startWriter();
    await until(async () => (await checkpoint()) === 10);
    await first.stop();
    await bed.redis.flush();
    startWriter();
    const next = await openWriter({ ceiling: 1_000, atLeast: 10 });
    published.push(...(await next.publish(ticksFrom(10, 3))));
    await until(async () => (await checkpoint()) === 1_003);
    await expectExactlyOnce(published);
  });
});
