import { abortable } from '#shared/async-iteration.ts';
import { sum } from '#shared/decimal.ts';
import { badInput, DomainError } from '#shared/errors.ts';
import type { Money } from '#shared/money.ts';
import type { SourceEvent } from '#shared/subscribe-with-ticks.ts';
import type { Tick } from '#shared/ticks/tick.ts';
import { priceProduct } from './domain/price-product.ts';
import { symbolOf, type PricedProduct, type TradeSide } from './domain/priced-product.ts';
import type { PricingRule } from './domain/pricing-rule.ts';
import type { ProductPrice } from './domain/product-price.ts';
import type { LineRounding } from './domain/rounding.ts';
import type { PricedFor } from './domain/rule-condition.ts';
import type { MarketTicks } from './market-ticks.ts';
import type { Moment, Moments } from './moment.ts';
import type { OrderReference } from './order-reference.ts';

/** What is to be priced; in the product's own currency where none is given. */
export type PriceRequest = { sku: string; side: TradeSide; quantity: number; currency?: string | null };

export type PriceEvent = SourceEvent<{ productPriceUpdated: ProductPrice }>;

export type PricingService = {
  /**
   * A price at a moment; the one that everybody gets, unless it is said for whom.
   * @throws DomainError BAD_USER_INPUT, NOT_FOUND, PRICE_UNAVAILABLE or TICK_UNAVAILABLE
   */
  priceAt(moment: Moment, request: PriceRequest, pricedFor?: PricedFor): Promise<ProductPrice>;
  /**
   * What the shop would pay for the pieces of an order at a moment, at the price that everybody gets, in its currency.
   * @returns null where one of them cannot be priced
   */
  orderValueAt(moment: Moment, order: OrderReference): Promise<Money | null>;
  /**
   * The price now, then at each tick, in ascending sequence; each with the price book of that time.
   * @throws DomainError as `priceAt`; the iterator SEQUENCE_TOO_OLD or SEQUENCE_AHEAD, and NOT_FOUND when the product goes
   */
  prices(
    request: PriceRequest & { after?: number | null; minIntervalMs?: number | null },
  ): AsyncIterableIterator<PriceEvent>;
};

/** Pieces that can be priced at once. */
export const mostPieces = 100_000;
const longestInterval = 60_000;

/** @param options.now epoch milliseconds */
export function createPricingService(options: {
  moments: Moments;
  market: MarketTicks;
  lineRounding: LineRounding;
  now: () => number;
}): PricingService {
  const { moments, market, lineRounding } = options;

  function price(
    product: PricedProduct,
    request: PriceRequest,
    tick: Tick,
    rules: readonly PricingRule[],
    pricedFor?: PricedFor,
  ): ProductPrice {
    const { sku, side, quantity } = request;
    const currency = request.currency ?? product.currency;
    const priced = priceProduct({ product, side, quantity, currency, tick, rules, lineRounding, pricedFor });
    return { ...priced, sku, side, quantity, symbol: tick.symbol, sequence: tick.sequence, asOf: tick.time };
  }

  async function priceAt(moment: Moment, request: PriceRequest, pricedFor?: PricedFor): Promise<ProductPrice> {
    checkQuantity(request.quantity);
    const product = productOf(moment, request.sku);
    const tick = await moment.tickOf(symbolOf(product, request.currency ?? undefined));
    return price(product, request, tick, moment.rules, pricedFor);
  }

  return {
    priceAt,
    async orderValueAt(moment, { total, lines }) {
      if (!total || !lines) return null;
      const { currency } = total;
      try {
        const prices = await Promise.all(
          lines.map(({ product: { sku }, quantity }) => priceAt(moment, { sku, side: 'SELL', quantity, currency })),
        );
        return { amount: sum(prices.map((price) => price.total.amount)), currency };
      } catch (error) {
        if (error instanceof DomainError) return null;
        throw error;
      }
    },
    prices({ after, minIntervalMs, ...request }) {
      checkQuantity(request.quantity);
      checkInterval(minIntervalMs ?? 0);
      if ((after ?? 0) < 0) throw badInput('after is a sequence: at least 0');
      const symbol = symbolOf(productOf(moments.of({ tick: undefined }), request.sku), request.currency ?? undefined);
      return abortable(async function* (signal) {
        const ticks = market.ticks(symbol, { after: after ?? undefined, minIntervalMs: minIntervalMs ?? 0, signal });
        const begunAt = options.now();
        for await (const tick of ticks) {
          const reference = { symbol, sequence: tick.sequence };
          const moment = moments.of({ tick: reference });
          const product = productOf(moment, request.sku);
          const isToldAtOnce = !minIntervalMs && tick.receivedAt > begunAt;
          yield {
            productPriceUpdated: price(product, request, tick, moment.rules),
            tick: reference,
            at: isToldAtOnce ? tick.receivedAt : undefined,
          };
        }
      });
    },
  };
}

function productOf(moment: Moment, sku: string): PricedProduct {
  const product = moment.products.get(sku);
  if (product) return product;
  throw new DomainError('NOT_FOUND', `There is no price of ${sku.slice(0, 64)}: it is not a listed product`);
}

function checkQuantity(quantity: number): void {
  if (quantity < 1 || quantity > mostPieces) throw badInput(`quantity must be from 1 to ${mostPieces}`, { quantity });
}

function checkInterval(minIntervalMs: number): void {
  if (minIntervalMs < 0 || minIntervalMs > longestInterval) {
    throw badInput(`minIntervalMs must be from 0 to ${longestInterval}`, { minIntervalMs });
  }
}
