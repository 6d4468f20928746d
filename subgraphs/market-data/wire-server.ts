import type { WiredProcess } from '#shared/run-process.ts';
import { createSubgraphServer, readSubgraphSchema } from '#shared/subgraph-server.ts';
import { createCandleRepository } from './candle-repository.ts';
import { createCandleService } from './candle-service.ts';
import type { Config } from './config.ts';
import { openConnections } from './connections.ts';
import type { Context } from './context.ts';
import { createInstrumentRepository } from './instrument-repository.ts';
import { createInstrumentService } from './instrument-service.ts';
import { createDeliveryMetrics } from './market-data-metrics.ts';
import { createPriceChangeService } from './price-change-service.ts';
import { createResolvers } from './resolvers.ts';
import { createSpotPriceService } from './spot-price-service.ts';

const clock = Date.now;

/** Answers GraphQL from the tick stream and the candles. */
export function wireServer(config: Config): WiredProcess {
  const base = openConnections(config);
  const { logger, metrics, prisma, follower } = base;
  const instruments = createInstrumentService({
    repository: createInstrumentRepository(prisma),
    onLoad: async (all) => {
      await Promise.all(all.map(({ symbol }) => follower.follow(symbol)));
    },
    logger,
  });
  const repository = createCandleRepository(prisma);
  const prices = createSpotPriceService({
    follower,
    instruments,
    tickWaitMs: config.TICK_WAIT_MS,
    deliveryLag: createDeliveryMetrics(metrics).lag,
    clock,
  });
  const resolvers = createResolvers({
    instruments,
    prices,
    changes: createPriceChangeService(repository),
    candles: createCandleService({ repository, clock }),
    marketHours: config.MARKET_HOURS,
    staleAfterMs: config.STALE_AFTER_MS,
    clock,
  });
  const server = createSubgraphServer<Context>({
    schema: readSubgraphSchema(new URL('schema.graphql', import.meta.url), resolvers),
    config,
    logger,
    metrics,
    checks: base.checks,
    createContext: (context) => context,
  });
  return {
    logger,
    async start() {
      await instruments.start();
      return server.listen();
    },
    async stop() {
      instruments.stop();
      await server.close();
      await base.close();
    },
  };
}
