import type { WiredProcess } from '#shared/run-process.ts';
import { createSubgraphServer, readSubgraphSchema } from '#shared/subgraph-server.ts';
import type { Tick } from '#shared/ticks/tick.ts';
import { createCandleRepository } from './history/candle-repository.ts';
import { createCandleService } from './history/candle-service.ts';
import type { Config } from './config.ts';
import { openConnections } from './connections.ts';
import type { Context } from './context.ts';
import { createMarketClock } from './domain/market-hours.ts';
import { isStale } from './domain/spot-price.ts';
import { createHistoricalPriceService } from './history/historical-price-service.ts';
import { createPastPriceRepository } from './history/past-price-repository.ts';
import { createPriceChangeService } from './history/price-change-service.ts';
import { createTickHistoryRepository } from './history/tick-history-repository.ts';
import { createInstrumentRepository } from './instrument-repository.ts';
import { createInstrumentService } from './instrument-service.ts';
import { createLiveCandleService } from './live-candle-service.ts';
import { createDeliveryMetrics, createLiveCandleMetrics } from './market-data-metrics.ts';
import { createMarketStatusService } from './market-status-service.ts';
import { createStalePriceReminder } from './remind-of-stale-prices.ts';
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
  const pastPrices = createPastPriceRepository(prisma);
  const watermarkMs = config.CANDLE_WATERMARK_MS;
  const isStaleNow = (tick: Tick) => isStale(tick, clock(), config.STALE_AFTER_MS);
  const reminder = createStalePriceReminder({
    follower,
    symbols: () => instruments.all().map(({ symbol }) => symbol),
    isStale: isStaleNow,
  });
  const liveCandles = createLiveCandleService({
    instruments,
    follower,
    history: repository,
    watermarkMs,
    updateMs: config.CANDLE_UPDATE_MS,
    clock,
    logger,
  });
  createLiveCandleMetrics(metrics, liveCandles.running);
  const resolvers = createResolvers({
    instruments,
    prices: createSpotPriceService({
      follower,
      instruments,
      isStale: isStaleNow,
      tickWaitMs: config.TICK_WAIT_MS,
      deliveryLag: createDeliveryMetrics(metrics).lag,
      clock,
    }),
    changes: createPriceChangeService(pastPrices),
    candles: createCandleService({ repository, watermarkMs, clock }),
    liveCandles,
    historicalPrices: createHistoricalPriceService({
      ticks: createTickHistoryRepository(prisma),
      pastPrices,
      follower,
      clock,
    }),
    marketStatuses: createMarketStatusService({
      follower,
      instruments,
      calendar: createMarketClock({ hours: config.MARKET_HOURS, holidays: config.MARKET_HOLIDAYS }),
      isStale: isStaleNow,
      clock,
      logger,
    }),
    staleAfterMs: config.STALE_AFTER_MS,
    watermarkMs,
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
      reminder.start();
      return server.listen();
    },
    async stop() {
      instruments.stop();
      reminder.stop();
      await server.close();
      await base.close();
    },
  };
}
