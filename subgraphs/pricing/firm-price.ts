import { DomainError } from '#shared/errors.ts';
import { invalidInput, notFound, Refusal } from '#shared/refusal.ts';
import { isHalted, type Tick } from '#shared/ticks/tick.ts';
import { symbolOf, type PricedProduct, type TradeSide } from './domain/priced-product.ts';
import type { ProductPrice } from './domain/product-price.ts';
import { problemOfTick } from './domain/quote.ts';
import { couponsIn } from './domain/rule-condition.ts';
import type { Moment, Moments } from './moment.ts';
import { mostPieces, type PricingService } from './pricing-service.ts';

/** What a customer wants a promise for. The coupon is in capitals; the currency is the product's own where it is null. */
export type QuoteRequest = {
  sku: string;
  side: TradeSide;
  /** Pieces. */
  quantity: number;
  currency: string | null;
  couponCode: string | null;
};

export type PriceUnavailableError = {
  __typename: 'PriceUnavailableError';
  code: 'PRICE_UNAVAILABLE' | 'MARKET_HALTED';
  message: string;
  retryable: true;
  /** When the latest price arrived, epoch milliseconds. */
  latestAt: number | null;
};

export type CouponNotValidError = {
  __typename: 'CouponNotValidError';
  code: 'COUPON_NOT_VALID';
  message: string;
  retryable: false;
  couponCode: string;
};

/**
 * The price of now, where it can be promised to somebody of a customer group, and whether the market moves so fast that it
 * should be promised for a shorter time.
 * @throws Refusal InvalidInputError, NotFoundError, CouponNotValidError or PriceUnavailableError
 */
export type FirmPrice = (
  request: QuoteRequest,
  customerGroup: string,
) => Promise<{ price: ProductPrice; isFastMarket: boolean }>;

/**
 * @param options.maxTickAgeMs milliseconds since its arrival after which a tick promises nothing
 * @param options.now epoch milliseconds
 */
export function createFirmPrice(options: {
  moments: Moments;
  pricing: PricingService;
  maxTickAgeMs: number;
  now: () => number;
}): FirmPrice {
  const { moments, pricing, maxTickAgeMs, now } = options;
  return async (request, customerGroup) => {
    if (request.quantity < 1 || request.quantity > mostPieces) {
      throw invalidInput({ path: ['input', 'quantity'], message: `must be from 1 to ${mostPieces}` });
    }
    // Not that of an event or a request: a promise is made at the latest tick, by the rules of now.
    const moment = moments.of({ tick: undefined });
    const product = moment.products.get(request.sku);
    if (!product) throw notFound('product');
    if (request.couponCode !== null) checkCoupon(request.couponCode, moment);
    const tick = await promisedTick(moment, product, request);
    const price = await pricing.priceAt(moment, request, { customerGroup, coupon: request.couponCode });
    if (price.total.amount.gt(0)) return { price, isFastMarket: tick.breaker !== undefined };
    throw unavailable('the price comes to nothing', null);
  };

  /** The tick of the moment, where a promise can be made on it. */
  async function promisedTick(moment: Moment, product: PricedProduct, { currency }: QuoteRequest): Promise<Tick> {
    const tick = await moment.tickOf(symbolOf(product, currency ?? undefined)).catch((error: unknown) => {
      throw error instanceof DomainError ? unavailable('no price is known yet', null) : error;
    });
    if (isHalted(tick, now())) {
      throw unavailable(`the market is halted: ${tick.breaker!.reason}`, tick.receivedAt, 'MARKET_HALTED');
    }
    const problem = problemOfTick(tick, { now: now(), maxAgeMs: maxTickAgeMs });
    if (problem) throw unavailable(problem, tick.receivedAt);
    return tick;
  }
}

function checkCoupon(couponCode: string, { rules }: Moment): void {
  const isAskedFor = rules.some(({ conditions }) => couponsIn(conditions).includes(couponCode));
  if (isAskedFor) return;
  throw new Refusal<CouponNotValidError>({
    __typename: 'CouponNotValidError',
    code: 'COUPON_NOT_VALID',
    message: `The coupon ${couponCode.slice(0, 64)} is not valid now`,
    retryable: false,
    couponCode,
  });
}

function unavailable(
  problem: string,
  latestAt: number | null,
  code: PriceUnavailableError['code'] = 'PRICE_UNAVAILABLE',
): Refusal<PriceUnavailableError> {
  return new Refusal({
    __typename: 'PriceUnavailableError',
    code,
    message: `No price can be promised now: ${problem}`,
    retryable: true,
    latestAt,
  });
}
