import { generateKeyPairSync } from 'node:crypto';
import { PrismaClient } from '#prisma/pricing/generated/client.ts';
import { seed } from '#prisma/pricing/seed.ts';
import { databaseOptions } from '#shared/database.ts';
import { createLogger } from '#shared/logger.ts';
import { aTick } from '#shared/testing/builders.ts';
import { createGraphqlClient, type GraphqlClient } from '#shared/testing/graphql-client.ts';
import type { Role } from '#shared/caller.ts';
import { eventually } from '#shared/testing/eventually.ts';
import { startKeyServer } from '#shared/testing/key-server.ts';
import { createTestDatabase } from '#shared/testing/test-database.ts';
import { createTestRedis, type TestRedis } from '#shared/testing/test-redis.ts';
import { createTickWriter, type TickWriter } from '#shared/ticks/tick-writer.ts';
import type { Tick, UnsequencedTick } from '#shared/ticks/tick.ts';
import { readConfig, type Config } from '../config.ts';
import { keepNewest } from '../priced-product-repository.ts';
import { wireServer } from '../wire-server.ts';

/** A running pricing server with a database, a Redis prefix and ticks of its own. */
export type PricingFixture = {
  /** Of its GraphQL. */
  url: string;
  client: GraphqlClient;
  database: PrismaClient;
  redis: TestRedis;
  config: Config;
  /** Publishes ticks of XAU-USD with these bids, the ask 1.00 above each. @returns them with their sequences */
  publish(...bids: string[]): Promise<Tick[]>;
  /** Publishes a tick of XAU-USD that arrives now, the ask 1.00 above the bid, and waits until the server has it. */
  publishNow(bid: string, values?: Partial<UnsequencedTick>): Promise<Tick>;
  /** The header that signs in a user; a customer unless other roles are given. */
  signedIn(userId: string, ...roles: Role[]): Record<string, string>;
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

const signingKey = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  .privateKey.export({ format: 'der', type: 'pkcs8' })
  .toString('base64');

/** Starts a server that knows the given products and, with `seeded`, the seeded rules. */
export async function startPricing({
  products = [bar],
  seeded = true,
  waitMs = 250,
  settings = {},
}: {
  products?: Product[];
  seeded?: boolean;
  waitMs?: number;
  settings?: Record<string, string>;
} = {}): Promise<PricingFixture> {
  const keys = await startKeyServer();
  const [testDatabase, redis] = [await createTestDatabase('pricing'), createTestRedis()];
  const database = new PrismaClient(databaseOptions({ url: testDatabase.url, poolSize: 2 }));
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
    AUTH_JWKS_URL: keys.jwksUrl,
    AUTH_ISSUER: keys.issuer,
    QUOTE_SIGNING_KEY: signingKey,
    ...settings,
  });
  const logger = createLogger({ service: 'test', level: 'silent' });
  const writer = createTickWriter({ redis: redis.redis, prefix: redis.prefix, keep: 1000, logger });
  await writer.open('XAU-USD', noTicksYet);
  const server = wireServer(config);
  const url = `http://127.0.0.1:${await server.start()}/graphql`;
  const client = createGraphqlClient(url);
  return {
    url,
    client,
    database,
    redis,
    config,
    writer,
    publish: (...bids) =>
      writer.publish(bids.map((bid) => aTick({ bid, ask: (Number(bid) + 1).toFixed(2), time: timeOf(bid) }))),
    async publishNow(bid, values) {
      const ask = (Number(bid) + 1).toFixed(2);
      const [tick] = await writer.publish([aTick({ bid, ask, time: Date.now(), ...values })]);
      const of = [{ __typename: 'Product', sku: products[0]?.sku }];
      await eventually(async () => {
        const { data } = await client.request<SequenceData>(sequenceDocument, { of });
        if (Number(data?._entities[0]?.price?.sequence ?? 0) < tick!.sequence)
          throw new Error('the tick has not arrived');
      });
      return tick!;
    },
    signedIn: (userId, ...roles) => ({
      authorization: `Bearer ${keys.sign({ sub: userId, roles: roles.length > 0 ? roles : ['CUSTOMER'] })}`,
    }),
    async stop() {
      await client.close();
      await server.stop();
      await database.$disconnect();
      await redis.close();
      await testDatabase.drop();
      await keys.close();
    },
  };
}

type SequenceData = { _entities: { price: { sequence: string } | null }[] };
const sequenceDocument = /* GraphQL */ `
  query ($of: [_Any!]!) {
    _entities(representations: $of) {
      ... on Product {
        price(side: BUY, quantity: 1) {
          sequence
        }
      }
    }
  }
`;

/** Each bid has a time of its own, so that a price shows which tick it was made of. */
export function timeOf(bid: string): number {
  return Date.parse('2026-11-20T10:00:00Z') + Math.round(Number(bid));
}
