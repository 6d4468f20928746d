import { PrismaClient } from '#prisma/pricing/generated/client.ts';
import { seed } from '#prisma/pricing/seed.ts';
import { createDatabaseAdapter } from '#shared/database.ts';
import { createLogger } from '#shared/logger.ts';
import { aTick } from '#shared/testing/builders.ts';
import { createGraphqlClient, type GraphqlClient } from '#shared/testing/graphql-client.ts';
import { createTestDatabase } from '#shared/testing/test-database.ts';
import { createTestRedis, type TestRedis } from '#shared/testing/test-redis.ts';
import { createTickWriter, type TickWriter } from '#shared/ticks/tick-writer.ts';
import type { Tick } from '#shared/ticks/tick.ts';
import { readConfig, type Config } from '../config.ts';
import { keepNewest } from '../priced-product-repository.ts';
import { wireServer } from '../wiring.ts';

/** A running pricing server with a database, a Redis prefix and ticks of its own. */
export type PricingFixture = {
  client: GraphqlClient;
  database: PrismaClient;
  redis: TestRedis;
  config: Config;
  /** Publishes ticks of XAU-USD with these bids, the ask 1.00 above each. @returns them with their sequences */
  publish(...bids: string[]): Promise<Tick[]>;
  writer: TickWriter;
  stop(): Promise<void>;
};

/** For the writer's `open`: a symbol that never had a tick. */
export const noTicksYet = { ceiling: 0, atLeast: 0 };

type Product = Parameters<typeof keepNewest>[1];

export const bar: Product = {
  sku: 'BAR-1OZ',
  version: 1,
  isListed: true,
  kind: 'BAR',
  metal: 'XAU',
  currency: 'USD',
  fineness: '999.9',
  fineWeightGrams: '31.1034768',
};

/** Starts a server that knows the given products and, with `seeded`, the seeded rules. */
export async function startPricing({ products = [bar], seeded = true, waitMs = 250 } = {}): Promise<PricingFixture> {
  const [testDatabase, redis] = [await createTestDatabase('pricing'), createTestRedis()];
  const database = new PrismaClient({ adapter: createDatabaseAdapter({ url: testDatabase.url, poolSize: 2 }) });
  if (seeded) await seed(testDatabase.url);
  for (const product of products) await keepNewest(database, product);
  const config = readConfig({
    PRICING_DATABASE_URL: testDatabase.url,
    REDIS_URL: redis.url,
    REDIS_PREFIX: redis.prefix,
    PORT: '0',
    LOG_LEVEL: 'silent',
    TICK_WAIT_MS: String(waitMs),
    DATABASE_POOL_SIZE: '3',
  });
  const logger = createLogger({ service: 'test', level: 'silent' });
  const writer = createTickWriter({ redis: redis.redis, prefix: redis.prefix, keep: 1000, logger });
  await writer.open('XAU-USD', noTicksYet);
  const server = wireServer(config);
  const client = createGraphqlClient(`http://127.0.0.1:${await server.start()}/graphql`);
  return {
    client,
    database,
    redis,
    config,
    writer,
    publish: (...bids) =>
      writer.publish(bids.map((bid) => aTick({ bid, ask: (Number(bid) + 1).toFixed(2), time: timeOf(bid) }))),
    async stop() {
      await client.close();
      await server.stop();
      await database.$disconnect();
      await redis.close();
      await testDatabase.drop();
    },
  };
}

/** Each bid has a time of its own, so that a price shows which tick it was made of. */
export function timeOf(bid: string): number {
  return Date.parse('2026-11-20T10:00:00Z') + Math.round(Number(bid));
}
