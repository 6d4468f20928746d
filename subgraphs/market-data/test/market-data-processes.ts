import { setTimeout as wait } from 'node:timers/promises';
import { PrismaClient } from '#prisma/market-data/generated/client.ts';
import { seed } from '#prisma/market-data/seed.ts';
import { databaseOptions } from '#shared/database.ts';
import { createLogger } from '#shared/logger.ts';
import { createGraphqlClient, type GraphqlClient } from '#shared/testing/graphql-client.ts';
import { spawnService, type SpawnedService } from '#shared/testing/spawned-service.ts';
import { createTestDatabase, type TestDatabase } from '#shared/testing/test-database.ts';
import { createTestRedis, type TestRedis } from '#shared/testing/test-redis.ts';
import { createTickReader, type TickReader } from '#shared/ticks/tick-reader.ts';
import { createTickWriter, type TickWriter } from '#shared/ticks/tick-writer.ts';
import { readConfig } from '../config.ts';
import { wire } from '../wiring.ts';

type Environment = Record<string, string>;

export type SpawnedWorker = Pick<SpawnedService, 'pause' | 'resume'> & {
  url: string;
  kill(signal: NodeJS.Signals): Promise<void>;
};

/** A seeded database and a Redis prefix of its own, and the processes that run on them. */
export type MarketDataBed = {
  database: TestDatabase;
  redis: TestRedis;
  prisma: PrismaClient;
  ticks: TickReader;
  logger: ReturnType<typeof createLogger>;
  /** A writer that has taken up a symbol: the test is the feed. */
  openWriter(symbol?: string): Promise<TickWriter>;
  /** Runs a server in this process. */
  startServer(environment?: Environment): Promise<{ client: GraphqlClient; url: string; stop(): Promise<void> }>;
  /** Runs a worker in this process. */
  startWorker(environment?: Environment): Promise<{ url: string; stop(): Promise<void> }>;
  /** Runs a worker in a process of its own, which can be killed. */
  spawnWorker(environment?: Environment): Promise<SpawnedWorker>;
  close(): Promise<void>;
};

export async function createMarketDataBed(): Promise<MarketDataBed> {
  const database = await createTestDatabase('market-data');
  await seed(database.url);
  const redis = createTestRedis();
  const logger = createLogger({ service: 'test', level: 'silent' });
  const prisma = new PrismaClient(databaseOptions({ url: database.url, poolSize: 2 }));
  const stops = new Set<() => Promise<void>>();
  const environmentOf = (role: string, more: Environment): Environment => ({
    ROLE: role,
    PORT: '0',
    LOG_LEVEL: 'silent',
    MARKET_DATA_DATABASE_URL: database.url,
    REDIS_URL: redis.url,
    REDIS_PREFIX: redis.prefix,
    ...more,
  });
  const start = async (role: string, more: Environment) => {
    const marketData = wire(readConfig(environmentOf(role, more)));
    const stop = async () => {
      if (stops.delete(stop)) await marketData.stop();
    };
    stops.add(stop);
    const port = await marketData.start();
    return { url: `http://127.0.0.1:${port}`, stop };
  };
  return {
    database,
    redis,
    prisma,
    ticks: createTickReader(redis),
    logger,
    async openWriter(symbol = 'XAU-USD') {
      const writer = createTickWriter({ ...redis, keep: 5_000, logger });
      await writer.open(symbol, { ceiling: 0, atLeast: 0 });
      return writer;
    },
    async startServer(environment = {}) {
      const server = await start('server', environment);
      const client = createGraphqlClient(`${server.url}/graphql`);
      const stop = async () => {
        await client.close();
        await server.stop();
      };
      return { client, url: server.url, stop };
    },
    startWorker: (environment = {}) => start('worker', environment),
    async spawnWorker(environment = {}) {
      const worker = await spawnService('market-data', environmentOf('worker', environment));
      const stop = () => kill('SIGKILL');
      const kill = async (signal: NodeJS.Signals) => {
        if (stops.delete(stop)) await worker.kill(signal);
      };
      stops.add(stop);
      return { ...worker, url: `http://127.0.0.1:${worker.port}`, kill };
    },
    async close() {
      for (const stop of stops) await stop();
      await prisma.$disconnect();
      await redis.close();
      await database.drop();
    },
  };
}

/** Waits until something holds that no event tells of, such as a row that another process writes. */
export async function until<T>(read: () => Promise<T | undefined | false>, timeoutMs = 60_000): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const value = await read();
    if (value) return value;
    if (performance.now() > deadline) throw new Error(`still not so after ${timeoutMs} ms`);
    await wait(20);
  }
}
