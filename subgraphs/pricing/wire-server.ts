import { createDatabaseListener } from '#shared/database-listener.ts';
import { gauge } from '#shared/metrics.ts';
import { createQuoteSigner } from '#shared/quote-token.ts';
import type { WiredProcess } from '#shared/run-process.ts';
import { createSubgraphServer, readSubgraphSchema } from '#shared/subgraph-server.ts';
import { createTickFollower } from '#shared/ticks/tick-follower.ts';
import type { Config } from './config.ts';
import { openConnections } from './connections.ts';
import { createContext } from './context.ts';
import { createCustomerService } from './customer-service.ts';
import { symbolOf } from './domain/priced-product.ts';
import { createFirmPrice } from './firm-price.ts';
import { createMarketTicks } from './market-ticks.ts';
import { createMoments } from './moment.ts';
import { createPriceBook } from './price-book.ts';
import { createPriceBookRepository } from './price-book-repository.ts';
import { createPricingRuleService } from './pricing-rule-service.ts';
import { createPricingService } from './pricing-service.ts';
import { createQuoteService } from './quote-service.ts';
import { resolvers } from './resolvers.ts';

/** The server: GraphQL, priced from memory. It listens once the price book is loaded. */
export function wireServer(config: Config): WiredProcess {
  const connections = openConnections(config);
  const { logger, database, redis, metrics, checks } = connections;
  const follower = createTickFollower({ redis, prefix: config.REDIS_PREFIX, memory: config.TICKS_IN_MEMORY, logger });
  const market = createMarketTicks({ follower, waitMs: config.TICK_WAIT_MS, logger });
  const book = createPriceBook({
    repository: createPriceBookRepository(database),
    logger,
    onReload: ({ products }) => market.follow(new Set([...products.values()].map((product) => symbolOf(product)))),
  });
  const listener = createDatabaseListener({
    url: config.PRICING_DATABASE_URL,
    channel: 'price_book',
    logger,
    onConnected: book.reload,
    onNotification: book.reload,
  });
  gauge(
    metrics,
    'gold_pricing_rules_unreadable',
    'Active pricing rules that are left out because they cannot be read',
    {
      collect: (unreadable) => unreadable.set(book.current().unreadableRules.length),
    },
  );
  const now = Date.now;
  const moments = createMoments({ book, market, now });
  const lineRounding = { BUY: config.LINE_ROUNDING_BUY, SELL: config.LINE_ROUNDING_SELL };
  const pricing = createPricingService({ moments, market, lineRounding, now });
  const firmPrice = createFirmPrice({ moments, pricing, maxTickAgeMs: config.QUOTE_MAX_TICK_AGE_MS, now });
  const services = {
    pricing,
    moments,
    rules: createPricingRuleService({ database, now }),
    customers: createCustomerService({ database, now }),
    quotes: createQuoteService({
      database,
      firmPrice,
      signer: createQuoteSigner(config.QUOTE_SIGNING_KEY),
      ttlSeconds: config.QUOTE_TTL_SECONDS,
      limit: config.QUOTE_LIMIT_PER_CUSTOMER,
      now,
    }),
  };
  const server = createSubgraphServer({
    schema: readSubgraphSchema(new URL('schema.graphql', import.meta.url), resolvers),
    config,
    logger,
    metrics,
    checks: { ...checks, priceBook: () => listener.check() },
    createContext: (base) => createContext(base, services),
  });
  return {
    logger,
    async start() {
      await listener.start();
      return server.listen();
    },
    async stop() {
      await server.close();
      await listener.close();
      await follower.close();
      await connections.close();
    },
  };
}
