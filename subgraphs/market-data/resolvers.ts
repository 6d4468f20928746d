import { decimal } from '#shared/decimal.ts';
import { keepFor } from '#shared/keep-for.ts';
import { scalarResolvers } from '#shared/scalars.ts';
import { midOf, spreadBpsOf } from '#shared/ticks/tick.ts';
import type { CandleService } from './history/candle-service.ts';
import { pastLifetime } from './domain/past-lifetime.ts';
import { ageMsOf, convertPrice, isStale, qualityOf } from './domain/spot-price.ts';
import type { Resolvers } from './generated/resolver-types.ts';
import type { HistoricalPriceService } from './history/historical-price-service.ts';
import type { PriceChangeService } from './history/price-change-service.ts';
import type { InstrumentService } from './instrument-service.ts';
import type { LiveCandleService } from './live-candle-service.ts';
import type { MarketStatusService } from './market-status-service.ts';
import type { SpotPriceService } from './spot-price-service.ts';

export type ResolverServices = {
  instruments: InstrumentService;
  prices: SpotPriceService;
  changes: PriceChangeService;
  candles: CandleService;
  liveCandles: LiveCandleService;
  historicalPrices: HistoricalPriceService;
  marketStatuses: MarketStatusService;
  staleAfterMs: number;
  /** How long late ticks are waited for. */
  watermarkMs: number;
  clock: () => number;
};

/** The resolvers of schema.graphql. */
export function createResolvers(services: ResolverServices): Resolvers {
  const { instruments, prices, changes, candles, liveCandles, marketStatuses, staleAfterMs, clock } = services;
  return {
    ...scalarResolvers,
    Query: {
      instruments: () => [...instruments.all()],
      instrument: (_parent, { symbol }) => instruments.find(symbol) ?? null,
    },
    Subscription: {
      priceUpdated: {
        subscribe: (_parent, { symbol, after, minIntervalMs }) =>
          prices.updates(symbol, { after: after ?? undefined, minIntervalMs: minIntervalMs ?? undefined }),
      },
      candleUpdated: {
        subscribe: (_parent, { symbol, interval, basis, dayBoundary }) =>
          liveCandles.updates(symbol, { interval, basis: basis ?? undefined, dayBoundary: dayBoundary ?? undefined }),
      },
      marketStatusChanged: {
        subscribe: (_parent, { symbol }) => marketStatuses.changes(symbol),
      },
    },
    Instrument: {
      __resolveReference: ({ symbol }) => instruments.find(symbol) ?? null,
      marketStatus: ({ symbol }) => marketStatuses.statusOf(symbol),
      price: ({ symbol }, _args, { tick }) => prices.priceOf(symbol, tick),
      change: async ({ symbol }, { window }, { tick }) => {
        const price = await prices.priceOf(symbol, tick);
        return price && changes.changeUntil(price, window);
      },
      candles: async ({ symbol }, { interval, basis, dayBoundary, from, to, first, after }, _context, info) => {
        const page = await candles.candles(symbol, {
          interval,
          basis: basis ?? undefined,
          dayBoundary: dayBoundary ?? undefined,
          from: from ?? undefined,
          to: to ?? undefined,
          first: first ?? undefined,
          after: after ?? undefined,
        });
        keepFor(info, page.lifetime);
        return page;
      },
      priceAt: ({ symbol }, { at }, _context, info) => {
        keepFor(info, pastLifetime(at, clock(), services.watermarkMs));
        return services.historicalPrices.priceAt(symbol, at);
      },
    },
    SpotPrice: {
      instrument: ({ symbol }) => instruments.get(symbol),
      currency: ({ symbol }) => instruments.get(symbol).currency,
      mid: (tick) => midOf(tick),
      spreadBps: (tick) => spreadBpsOf(tick),
      ageMs: (tick) => ageMsOf(tick, clock()),
      isStale: (tick) => isStale(tick, clock(), staleAfterMs),
      quality: (tick) => qualityOf(tick, clock(), staleAfterMs),
      // A tick says what a source quoted only where that is not its own symbol.
      sources: ({ symbol, sources }) => sources.map((source) => ({ symbol, ...source })),
      convert: (tick, { unit, fineness }) => ({
        ...convertPrice(tick, unit, fineness ?? decimal(1000)),
        currency: instruments.get(tick.symbol).currency,
      }),
    },
    PriceSource: {
      basisBps: ({ basisBps }) => basisBps ?? '0',
    },
  };
}
