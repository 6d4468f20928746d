import { randomUUID } from 'node:crypto';
import { mayDo, requirePermission, requireUser, type Caller } from '#shared/caller.ts';
import type { SqlClient, TransactionalClient } from '#shared/database.ts';
import { idempotent } from '#shared/idempotency.ts';
import type { QuoteSigner } from '#shared/quote-token.ts';
import {
  orRefusal,
  Refusal,
  type IdempotencyKeyReusedError,
  type InvalidInputError,
  type NotFoundError,
} from '#shared/refusal.ts';
import { isUuid } from '#shared/uuid.ts';
import { createCustomerRepository } from './customer-repository.ts';
import { statusOf, type Quote, type QuoteStatus } from './domain/quote.ts';
import type { CouponNotValidError, FirmPrice, PriceUnavailableError, QuoteRequest } from './firm-price.ts';
import { createQuoteRepository } from './quote-repository.ts';
import { termsOf } from './quote-terms.ts';

export type QuoteLimitError = {
  __typename: 'QuoteLimitError';
  code: 'QUOTE_LIMIT';
  message: string;
  retryable: true;
  openQuotes: number;
  limit: number;
};

export type QuoteRefusal =
  | PriceUnavailableError
  | QuoteLimitError
  | CouponNotValidError
  | NotFoundError
  | InvalidInputError
  | IdempotencyKeyReusedError;

type Shown = Quote & { __typename: 'Quote' };

export type QuoteService = {
  /**
   * Promises the caller the price of now. The same idempotency key and request give the same quote again.
   * @throws DomainError UNAUTHENTICATED or FORBIDDEN
   */
  request(
    caller: Caller,
    input: Omit<QuoteRequest, 'currency' | 'couponCode'> & {
      idempotencyKey: string;
      currency?: string | null;
      couponCode?: string | null;
    },
  ): Promise<Shown | QuoteRefusal>;
  /** Quotes in the order of their ids, null for each that is not the caller's. @throws DomainError UNAUTHENTICATED */
  quotesOf(caller: Caller, ids: readonly string[]): Promise<(Quote | null)[]>;
  /**
   * An open quote with the terms of an expired one, at the price of now, for whom that one was made; the same one until it
   * expires. Null for anybody else, where it cannot be promised now, and where an order was placed with such a quote.
   */
  replacementOf(caller: Caller, quoteId: string): Promise<Quote | null>;
  /** What has become of a quote by now. */
  statusOf(quote: Quote): QuoteStatus;
};

/**
 * @param options.ttlSeconds how long a quote holds; half as long while the market moves fast
 * @param options.limit open quotes that one customer may have
 * @param options.now epoch milliseconds
 */
export function createQuoteService<Transaction extends SqlClient>(options: {
  database: TransactionalClient<Transaction>;
  firmPrice: FirmPrice;
  signer: QuoteSigner;
  ttlSeconds: number;
  limit: number;
  now: () => number;
}): QuoteService {
  const { database, firmPrice, signer, ttlSeconds, limit, now } = options;

  /** One customer's quotes are made one after the other, so that the limit holds however many are asked for at once. */
  async function issue(
    transaction: SqlClient,
    customerId: string,
    request: QuoteRequest,
    replacesQuoteId: string | null,
  ) {
    const quotes = createQuoteRepository(transaction);
    const group = await createCustomerRepository(transaction).lock(customerId);
    const { price, isFastMarket } = await firmPrice(request, group);
    const createdAt = now();
    const openQuotes = await quotes.countOpen(customerId, createdAt);
    if (openQuotes >= limit) throw tooMany(openQuotes, limit);
    const unsigned = {
      id: randomUUID(),
      customerId,
      couponCode: request.couponCode,
      price,
      createdAt,
      expiresAt: createdAt + 1000 * (isFastMarket ? Math.ceil(ttlSeconds / 2) : ttlSeconds),
      orderId: null,
    };
    const quote = { ...unsigned, token: signer.sign(termsOf(unsigned)) };
    await quotes.add(quote, replacesQuoteId);
    return quote;
  }

  return {
    request: (caller, { idempotencyKey, sku, side, quantity, currency, couponCode }) =>
      orRefusal<Shown, QuoteRefusal>(async () => {
        const { userId } = requirePermission(caller, 'REQUEST_QUOTES');
        const coupon = couponCode?.trim().toUpperCase();
        const request = { sku, side, quantity, currency: currency ?? null, couponCode: coupon || null };
        return database.$transaction(async (transaction) => {
          const id = await idempotent(
            transaction,
            { scope: `${userId}:requestQuote`, key: idempotencyKey, body: request },
            async () => (await issue(transaction, userId, request, null)).id,
          );
          const [quote] = await createQuoteRepository(transaction).byIds([id]);
          return { __typename: 'Quote', ...quote! };
        });
      }),
    async quotesOf(caller, ids) {
      const { userId } = requireUser(caller);
      const found = await createQuoteRepository(database).byIds(ids.filter(isUuid));
      return ids.map(
        (id) => found.find((quote) => quote.id === id.toLowerCase() && quote.customerId === userId) ?? null,
      );
    },
    async replacementOf(caller, quoteId) {
      if (caller.kind !== 'user' || !mayDo(caller, 'REQUEST_QUOTES') || !isUuid(quoteId)) return null;
      const { userId } = caller;
      try {
        return await database.$transaction(async (transaction) => {
          // Before anything is read: two who ask at once are to find the same replacement.
          await createCustomerRepository(transaction).lock(userId);
          const quotes = createQuoteRepository(transaction);
          const [original] = await quotes.byIds([quoteId]);
          const newest = await quotes.newestInPlaceOf(quoteId);
          if (!original || !newest || original.customerId !== userId) return null;
          if (original.orderId !== null || newest.orderId !== null) return null;
          if (newest.id !== original.id && statusOf(newest, now()) === 'OPEN') return newest;
          return issue(transaction, userId, requestOf(original), newest.id);
        });
      } catch (error) {
        if (error instanceof Refusal) return null;
        throw error;
      }
    },
    statusOf: (quote) => statusOf(quote, now()),
  };
}

function requestOf({ couponCode, price }: Quote): QuoteRequest {
  const { sku, side, quantity, total } = price;
  return { sku, side, quantity, currency: total.currency, couponCode };
}

function tooMany(openQuotes: number, limit: number): Refusal<QuoteLimitError> {
  return new Refusal({
    __typename: 'QuoteLimitError',
    code: 'QUOTE_LIMIT',
    message: `At most ${limit} quotes may be open: order with one, or wait until one expires`,
    retryable: true,
    openQuotes,
    limit,
  });
}
