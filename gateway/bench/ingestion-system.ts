import { mkdtemp, rm } from 'node:fs/promises';
import { createWriteStream } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import pg from 'pg';
import { createLogger } from '#shared/logger.ts';
import { closeRedis, createRedis } from '#shared/redis.ts';
import { spawnService, type SpawnedService } from '#shared/testing/spawned-service.ts';
import { prepareDatabases } from '../../local/prepare-databases.ts';
import { services } from '../../local/services.ts';

export const symbol = 'XAU-USD';

/** What a recording is made of; `gapMs` is the time to the quote before, and may be a fraction. */
export type RecordedQuote = { bid: string; ask: string; gapMs: number };

type Servers = { postgresUrl: string; redisUrl: string };
type OnEnd = (cleanup: () => Promise<void>) => void;

/** A market-data of its own: a database, keys in Redis that nobody else has, and the processes that a benchmark starts. */
export type IngestionSystem = Awaited<ReturnType<typeof createIngestionSystem>>;

/** @param name of the database and of the keys */
export async function createIngestionSystem(name: string, { postgresUrl, redisUrl }: Servers, onEnd: OnEnd) {
  const url = new URL(postgresUrl);
  url.pathname = `/bench_${name}`;
  const marketData = services.filter((service) => service.name === 'market-data');
  await prepareDatabases(marketData, () => url.href);
  const database = new pg.Client({ connectionString: url.href });
  await database.connect();
  onEnd(() => database.end());
  const redis = createRedis(redisUrl, createLogger({ service: 'bench', level: 'warn' }));
  onEnd(async () => closeRedis(redis));
  const prefix = `bench-${name}`;

  const run = async (role: string, environment: Record<string, string> = {}): Promise<SpawnedService> => {
    const service = await spawnService('market-data', {
      ROLE: role,
      PORT: '0',
      MARKET_DATA_DATABASE_URL: url.href,
      REDIS_URL: redisUrl,
      REDIS_PREFIX: prefix,
      ...environment,
    });
    onEnd(() => service.kill());
    return service;
  };
  return {
    database,
    redis,
    streamKey: `${prefix}:ticks:${symbol}`,
    startServer: () => run('server'),
    startWorker: (file: string, speed: number) =>
      run('worker', { FEEDS: 'replay', REPLAY_FILE: file, REPLAY_SYMBOL: symbol, REPLAY_SPEED: String(speed) }),
    /** The sequence up to which PostgreSQL has the ticks. */
    async historySequence(): Promise<number> {
      const { rows } = await database.query<{ reached: string }>(
        'SELECT history_sequence AS reached FROM tick_checkpoint WHERE symbol = $1',
        [symbol],
      );
      return Number(rows[0]?.reached ?? 0);
    },
    /** The sequence up to which the stream has them. */
    async streamSequence(): Promise<number> {
      const [entry] = await redis.xrevrange(`${prefix}:ticks:${symbol}`, '+', '-', 'COUNT', 1);
      return entry ? Number.parseInt(entry[0], 10) : 0;
    },
  };
}

/** Writes quotes as a recording that the replay can play, removed at the end. @returns the file */
export async function writeRecording(quotes: Iterable<RecordedQuote>, onEnd: OnEnd): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'gold-bench-'));
  onEnd(() => rm(folder, { recursive: true }));
  const file = join(folder, 'ticks.csv');
  await pipeline(linesOf(quotes), createWriteStream(file));
  return file;
}

function* linesOf(quotes: Iterable<RecordedQuote>): Generator<string, void, void> {
  let time = Date.parse('2026-03-02T10:00:00Z');
  yield 'time,bid,ask\n';
  for (const { bid, ask, gapMs } of quotes) {
    time += gapMs;
    yield `${new Date(time).toISOString()},${bid},${ask}\n`;
  }
}

/** The memory that a process takes now, in bytes, by its own metrics. */
export async function residentMemoryOf({ port }: SpawnedService): Promise<number> {
  const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  return Number(/^process_resident_memory_bytes\{.*\} (\S+)$/m.exec(metrics)?.[1]);
}
