import { seed as seedMarketData } from '#prisma/market-data/seed.ts';
import { seed as seedOrder } from '#prisma/order/seed.ts';
import { seed as seedPricing } from '#prisma/pricing/seed.ts';
import type { WiredProcess } from '#shared/run-process.ts';
import { eventually } from '#shared/testing/eventually.ts';
import { createGraphqlClient } from '#shared/testing/graphql-client.ts';
import { createTestDatabase } from '#shared/testing/test-database.ts';
import { createTestRedis } from '#shared/testing/test-redis.ts';
import { readConfig as readMarketDataConfig } from '../../subgraphs/market-data/config.ts';
import { wire as wireMarketData } from '../../subgraphs/market-data/wiring.ts';
import { readConfig as readOrderConfig } from '../../subgraphs/order/config.ts';
import { wire as wireOrder } from '../../subgraphs/order/wiring.ts';
import { readConfig as readPricingConfig } from '../../subgraphs/pricing/config.ts';
import { wire as wirePricing } from '../../subgraphs/pricing/wiring.ts';
import { readConfig } from '../config.ts';
import { wire } from '../wiring.ts';

/** Every service of the system with its worker, behind a real gateway: real HTTP, WebSockets, PostgreSQL and Redis. */
export async function startGoldSystem(feed: Record<string, string> = { FEED: 'simulator', SIMULATOR_SEED: '1' }) {
  const redis = createTestRedis();
  const databases = {
    'market-data': await createTestDatabase('market-data'),
    order: await createTestDatabase('order'),
    pricing: await createTestDatabase('pricing'),
  };
  await Promise.all([
    seedMarketData(databases['market-data'].url),
    seedOrder(databases.order.url),
    seedPricing(databases.pricing.url),
  ]);
  const environment = {
    NODE_ENV: 'test',
    PORT: '0',
    LOG_LEVEL: 'silent',
    REDIS_URL: redis.url,
    REDIS_PREFIX: redis.prefix,
    MARKET_DATA_DATABASE_URL: databases['market-data'].url,
    ORDER_DATABASE_URL: databases.order.url,
    PRICING_DATABASE_URL: databases.pricing.url,
    ...feed,
  };
  const worker = { ...environment, ROLE: 'worker' };
  const running: WiredProcess[] = [];
  const start = async (process: WiredProcess) => {
    running.push(process);
    return `http://127.0.0.1:${await process.start()}/graphql`;
  };

  await start(wireMarketData(readMarketDataConfig(worker)));
  await start(wireOrder(readOrderConfig(worker)));
  await start(wirePricing(readPricingConfig(worker)));
  const pricing = wirePricing(readPricingConfig(environment));
  const gateway = await wire(
    readConfig({
      NODE_ENV: 'test',
      PORT: '0',
      LOG_LEVEL: 'silent',
      MARKET_DATA_URL: await start(wireMarketData(readMarketDataConfig(environment))),
      ORDER_URL: await start(wireOrder(readOrderConfig(environment))),
      PRICING_URL: await start(pricing),
    }),
  );
  const url = await start(gateway);
  const client = createGraphqlClient(url);
  await eventually(async () => {
    const { errors } = await client.request(
      '{ product(sku: "BAR-100G") { price(side: BUY, quantity: 1) { sequence } } }',
    );
    if (errors) throw new Error(JSON.stringify(errors));
  }, 15_000);

  return {
    client,
    async stopPricing() {
      running.splice(running.indexOf(pricing), 1);
      await pricing.stop();
    },
    async close() {
      await client.close();
      for (const process of running.toReversed()) await process.stop();
      await Promise.all(Object.values(databases).map((database) => database.drop()));
      await redis.close();
    },
  };
}
