import { decimal } from '#shared/decimal.ts';
import { scalarResolvers } from '#shared/scalars.ts';
import { midOf, spreadBpsOf } from '#shared/ticks/tick.ts';
import type { CandleService } from './candle-service.ts';
import { marketStatus, type MarketHours } from './domain/market-hours.ts';
import { ageMsOf, convertPrice, isStale, qualityOf } from './domain/spot-price.ts';
import type { Resolvers } from './generated/resolver-types.ts';
import type { InstrumentService } from './instrument-service.ts';
import type { PriceChangeService } from './price-change-service.ts';
import type { SpotPriceService } from './spot-price-service.ts';

export type ResolverServices = {
  instruments: InstrumentService;
  prices: SpotPriceService;
  changes: PriceChangeService;
  candles: CandleService;
  marketHours: MarketHours;
  staleAfterMs: number;
  clock: () => number;
};

/** The resolvers of schema.graphql. */
export function createResolvers(services: ResolverServices): Resolvers {
  const { instruments, prices, changes, candles, staleAfterMs, clock } = services;
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
    },
    Instrument: {
      __resolveReference: ({ symbol }) => instruments.find(symbol) ?? null,
      marketStatus: () => marketStatus(services.marketHours, clock()),
      price: ({ symbol }, _args, { tick }) => prices.priceOf(symbol, tick),
      change: async ({ symbol }, { window }, { tick }) => {
        const price = await prices.priceOf(symbol, tick);
        return price && changes.changeUntil(price, window);
      },
      candles: ({ symbol }, { interval, from, to, first, after }) =>
        candles.candles(symbol, {
          interval,
          from: from ?? undefined,
          to: to ?? undefined,
          first: first ?? undefined,
          after: after ?? undefined,
        }),
    },
    SpotPrice: {
      instrument: ({ symbol }) => instruments.get(symbol),
      currency: ({ symbol }) => instruments.get(symbol).currency,
      mid: (tick) => midOf(tick),
      spreadBps: (tick) => spreadBpsOf(tick),
      ageMs: (tick) => ageMsOf(tick, clock()),
      isStale: (tick) => isStale(tick, clock(), staleAfterMs),
      quality: (tick) => qualityOf(tick, clock(), staleAfterMs),
      convert: (tick, { unit, fineness }) => ({
        ...convertPrice(tick, unit, fineness ?? decimal(1000)),
        currency: instruments.get(tick.symbol).currency,
      }),
    },
  };
}
