import { generateKeyPairSync } from 'node:crypto';
import { seed as seedAuth } from '#prisma/auth/seed.ts';
import { seed as seedMarketData } from '#prisma/market-data/seed.ts';
import { seed as seedOrder } from '#prisma/order/seed.ts';
import { seed as seedPricing } from '#prisma/pricing/seed.ts';
import { publicKeyOf } from '#shared/quote-token.ts';
import type { WiredProcess } from '#shared/run-process.ts';
import { eventually } from '#shared/testing/eventually.ts';
import { createGraphqlClient } from '#shared/testing/graphql-client.ts';
import { startMailCatcher } from '#shared/testing/mail-catcher.ts';
import { createTestDatabase, type TestDatabase } from '#shared/testing/test-database.ts';
import { createTestRedis } from '#shared/testing/test-redis.ts';
import { oldestUnhandledSeconds } from '#shared/testing/unhandled-events.ts';
import { readConfig as readAuthConfig } from '../../subgraphs/auth/config.ts';
import { wire as wireAuth } from '../../subgraphs/auth/wiring.ts';
import { readConfig as readMarketDataConfig } from '../../subgraphs/market-data/config.ts';
import { wire as wireMarketData } from '../../subgraphs/market-data/wiring.ts';
import { readConfig as readNotificationConfig } from '../../subgraphs/notification/config.ts';
import { wire as wireNotification } from '../../subgraphs/notification/wiring.ts';
import { readConfig as readOrderConfig } from '../../subgraphs/order/config.ts';
import { wire as wireOrder } from '../../subgraphs/order/wiring.ts';
import { readConfig as readPricingConfig } from '../../subgraphs/pricing/config.ts';
import { wire as wirePricing } from '../../subgraphs/pricing/wiring.ts';
import { readConfig } from '../config.ts';
import { wire } from '../wiring.ts';

type Environment = Record<string, string>;

/** How each service is made from its environment, and what its database begins with. */
const services: Record<
  string,
  { wire: (environment: Environment) => WiredProcess; seed?: (databaseUrl: string) => Promise<void> }
> = {
  auth: { wire: (environment) => wireAuth(readAuthConfig(environment)), seed: seedAuth },
  'market-data': { wire: (environment) => wireMarketData(readMarketDataConfig(environment)), seed: seedMarketData },
  order: { wire: (environment) => wireOrder(readOrderConfig(environment)), seed: seedOrder },
  pricing: { wire: (environment) => wirePricing(readPricingConfig(environment)), seed: seedPricing },
  notification: { wire: (environment) => wireNotification(readNotificationConfig(environment)) },
};

const variableOf = (service: string, what: string) => `${service.toUpperCase().replaceAll('-', '_')}_${what}`;

/**
 * Every service of the system with its worker, behind a real gateway: real HTTP, WebSockets, PostgreSQL, Redis and SMTP.
 * @param settings environment variables for all processes beside what connects them
 */
export async function startGoldSystem(settings: Environment = { FEEDS: 'simulator', SIMULATOR_SEED: '1' }) {
  const redis = createTestRedis();
  const mail = await startMailCatcher();
  const databases = new Map<string, TestDatabase>();
  await Promise.all(
    Object.entries(services).map(async ([name, { seed }]) => {
      const database = await createTestDatabase(name);
      databases.set(name, database);
      await seed?.(database.url);
    }),
  );
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const quoteKey = privateKey.export({ format: 'der', type: 'pkcs8' }).toString('base64');
  const environment: Environment = {
    NODE_ENV: 'test',
    PORT: '0',
    LOG_LEVEL: 'silent',
    REDIS_URL: redis.url,
    REDIS_PREFIX: redis.prefix,
    AUTH_KEY_SECRET: 'a secret that is long enough for tests',
    QUOTE_SIGNING_KEY: quoteKey,
    QUOTE_VERIFICATION_KEYS: publicKeyOf(quoteKey),
    SMTP_URL: mail.smtpUrl,
    ...Object.fromEntries([...databases].map(([name, { url }]) => [variableOf(name, 'DATABASE_URL'), url])),
    ...settings,
  };
  const running = new Map<string, WiredProcess>();
  const start = async (name: string, process: WiredProcess): Promise<string> => {
    running.set(name, process);
    return `http://127.0.0.1:${await process.start()}`;
  };

  const urls: Environment = {};
  const workers: string[] = [];
  for (const [name, { wire: wireService }] of Object.entries(services)) {
    const url = await start(name, wireService(environment));
    // Auth is the first: everybody verifies tokens with its keys.
    if (name === 'auth') environment.AUTH_JWKS_URL = `${url}/.well-known/jwks.json`;
    urls[variableOf(name, 'URL')] = `${url}/graphql`;
    workers.push(await start(`${name}-worker`, wireService({ ...environment, ROLE: 'worker' })));
  }
  const { AUTH_JWKS_URL, REDIS_URL, REDIS_PREFIX } = environment;
  const gatewayEnvironment = {
    NODE_ENV: 'test',
    PORT: '0',
    LOG_LEVEL: 'silent',
    AUTH_JWKS_URL,
    REDIS_URL,
    REDIS_PREFIX,
    ...urls,
  };
  const startGateway = async (name: string) =>
    `${await start(name, await wire(readConfig(gatewayEnvironment)))}/graphql`;
  const url = await startGateway('gateway');
  const client = createGraphqlClient(url);
  await eventually(async () => {
    const { errors } = await client.request(
      '{ product(sku: "BAR-100G") { price(side: BUY, quantity: 1) { sequence } } }',
    );
    if (errors) throw new Error(JSON.stringify(errors));
  }, 15_000);

  return {
    url,
    /** A client that is not signed in. */
    client,
    mail,
    redis,
    /** Waits until every event that was recorded has been handled, as the workers' metrics tell. */
    untilEverythingIsHandled: () =>
      eventually(async () => {
        for (const worker of workers) {
          const oldest = await oldestUnhandledSeconds(worker);
          if (oldest > 0) throw new Error(`an event has waited for ${oldest} s`);
        }
      }, 30_000),
    /** Starts one more gateway of the same system under a name of its own. @returns its GraphQL address */
    startGateway,
    async stop(name: string) {
      const process = running.get(name)!;
      running.delete(name);
      await process.stop();
    },
    async close() {
      await client.close();
      for (const process of [...running.values()].toReversed()) await process.stop();
      await Promise.all([...databases.values()].map((database) => database.drop()));
      await mail.close();
      await redis.close();
    },
  };
}

export type GoldSystem = Awaited<ReturnType<typeof startGoldSystem>>;
