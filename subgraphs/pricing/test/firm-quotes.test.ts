import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { aTick } from '#shared/testing/builders.ts';
import { eventually } from '#shared/testing/eventually.ts';
import { bar, noTicksYet, startPricing, type PricingFixture } from './pricing-fixture.ts';
import { expire, quoteFields, readToken, requestQuoteAs, type QuoteAnswer } from './quote-documents.ts';

const limit = 3;
const coin = { ...bar, sku: 'COIN-1OZ', kind: 'COIN' as const };
let pricing: PricingFixture;

beforeAll(async () => {
  pricing = await startPricing({
    products: [bar, coin],
    settings: { QUOTE_LIMIT_PER_CUSTOMER: String(limit), QUOTE_TTL_SECONDS: '45' },
  });
});
afterAll(() => pricing.stop());
beforeEach(async () => void (await pricing.publishNow('4000.00')));

async function quoteSeenBy(userId: string, id: string) {
  return pricing.client.request<{ quote: QuoteAnswer | null }>(
    `${quoteFields} query ($id: ID!) { quote(id: $id) { ...QuoteFields } }`,
    { id },
    pricing.signedIn(userId),
  );
}

describe('a firm quote', () => {
  it('is the price of the latest tick, signed with exactly the terms that are shown', async () => {
    const quote = await requestQuoteAs(pricing, 'terms', { quantity: 2 });
    expect(quote).toMatchObject({
      __typename: 'Quote',
      side: 'BUY',
      quantity: 2,
      status: 'OPEN',
      couponCode: null,
      ttl: 45,
      product: { sku: 'BAR-1OZ' },
      customer: { id: 'terms' },
      price: { total: { amount: '8242.06', currency: 'USD' } },
    });
    expect(Date.parse(quote.expiresAt) - Date.parse(quote.createdAt)).toBe(45_000);
    expect(readToken(pricing, quote.token)).toMatchObject({
      quoteId: quote.id,
      customerId: 'terms',
      sku: 'BAR-1OZ',
      side: 'BUY',
      quantity: 2,
      currency: 'USD',
      unitPrice: '4121.03',
      total: '8242.06',
      symbol: 'XAU-USD',
      sequence: Number(quote.price.sequence),
      createdAt: Date.parse(quote.createdAt),
      expiresAt: Date.parse(quote.expiresAt),
      lines: quote.price.lines.map(({ amount, ruleCode }) => ({ amount: amount.amount, ruleCode })),
    });
  });

  it('holds half as long, at twice the spread of the market, while the market moves fast', async () => {
    const usual = await requestQuoteAs(pricing, 'fast');
    const breaker = { state: 'DEGRADED', reason: 'The price moved 1.2 % within a minute', until: null } as const;
    await pricing.publishNow('4000.00', { breaker });
    const fast = await requestQuoteAs(pricing, 'fast');
    expect([usual.ttl, fast.ttl]).toEqual([45, 23]);
    const spread = fast.price.lines.filter(({ amount }) => amount.amount === '0.50');
    expect(spread).toHaveLength(1);
    expect(Number(fast.price.total.amount)).toBe(Number(usual.price.total.amount) + 0.5);
  });

  it('keeps its price however the market moves', async () => {
    const quote = await requestQuoteAs(pricing, 'keeps');
    await pricing.publishNow('4100.00');
    const { data } = await quoteSeenBy('keeps', quote.id);
    expect({ ...data?.quote, __typename: 'Quote' }).toEqual(quote);
    expect((await requestQuoteAs(pricing, 'keeps')).price.total.amount).not.toBe(quote.price.total.amount);
  });

  it('is seen by nobody but its customer', async () => {
    const quote = await requestQuoteAs(pricing, 'owner');
    expect((await quoteSeenBy('other', quote.id)).data).toEqual({ quote: null });
    expect((await quoteSeenBy('owner', 'no-id')).data).toEqual({ quote: null });
    const anonymous = await pricing.client.request('query ($id: ID!) { quote(id: $id) { id } }', { id: quote.id });
    expect(anonymous.errors?.[0]?.extensions).toMatchObject({ code: 'UNAUTHENTICATED' });
  });

  it('is given to nobody who is not signed in', async () => {
    const { errors } = await pricing.client.request(
      `mutation { requestQuote(input: { idempotencyKey: "a", sku: "BAR-1OZ", side: BUY, quantity: 1 }) { __typename } }`,
    );
    expect(errors?.[0]?.extensions).toMatchObject({ code: 'UNAUTHENTICATED' });
  });

  it('shows what has become of it', async () => {
    const quote = await requestQuoteAs(pricing, 'status');
    await expire(pricing, quote.id);
    expect((await quoteSeenBy('status', quote.id)).data?.quote?.status).toBe('EXPIRED');
    await pricing.database.quote.update({
      where: { id: quote.id },
      data: { orderId: 'order-1', acceptedAt: new Date() },
    });
    expect((await quoteSeenBy('status', quote.id)).data?.quote?.status).toBe('ACCEPTED');
  });
});

describe('the same idempotency key', () => {
  it('gives the same quote and token again, also after it has expired', async () => {
    const first = await requestQuoteAs(pricing, 'again', { idempotencyKey: 'again' });
    await pricing.publishNow('4050.00');
    expect(await requestQuoteAs(pricing, 'again', { idempotencyKey: 'again' })).toEqual(first);
    await expire(pricing, first.id);
    expect(await requestQuoteAs(pricing, 'again', { idempotencyKey: 'again' })).toMatchObject({
      id: first.id,
      token: first.token,
    });
  });

  it('gives one quote however many ask at once', async () => {
    const asked = Array.from({ length: 12 }, () => requestQuoteAs(pricing, 'at-once', { idempotencyKey: 'at-once' }));
    const quotes = await Promise.all(asked);
    expect(new Set(quotes.map(({ token }) => token)).size).toBe(1);
    expect(await pricing.database.quote.count({ where: { customerId: 'at-once' } })).toBe(1);
  });

  it('is refused for something else, and is another key for another customer', async () => {
    const first = await requestQuoteAs(pricing, 'one', { idempotencyKey: 'shared' });
    const reused = await requestQuoteAs(pricing, 'one', { idempotencyKey: 'shared', quantity: 2 });
    expect(reused).toMatchObject({ __typename: 'IdempotencyKeyReusedError', code: 'IDEMPOTENCY_KEY_REUSED' });
    const other = await requestQuoteAs(pricing, 'another', { idempotencyKey: 'shared' });
    expect(other).toMatchObject({ __typename: 'Quote', customer: { id: 'another' } });
    expect(other.id).not.toBe(first.id);
  });

  it('can be used again after a refusal', async () => {
    const refused = await requestQuoteAs(pricing, 'refused', { idempotencyKey: 'retry', couponCode: 'LATER' });
    expect(refused.code).toBe('COUPON_NOT_VALID');
    const quote = await requestQuoteAs(pricing, 'refused', { idempotencyKey: 'retry' });
    expect(quote.__typename).toBe('Quote');
  });

  it.each(['', ' '.repeat(3), 'k'.repeat(201)])('must be a usable one, not %p', async (idempotencyKey) => {
    const refused = await requestQuoteAs(pricing, 'bad-key', { idempotencyKey });
    expect(refused.issues).toEqual([{ path: ['input', 'idempotencyKey'] }]);
  });
});

describe('the limit of open quotes', () => {
  it('holds however many are asked for at once', async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => requestQuoteAs(pricing, 'greedy')));
    expect(answers.filter(({ __typename }) => __typename === 'Quote')).toHaveLength(limit);
    expect(answers.find(({ code }) => code === 'QUOTE_LIMIT')).toMatchObject({
      openQuotes: limit,
      limit,
      retryable: true,
    });
    expect(await pricing.database.quote.count({ where: { customerId: 'greedy' } })).toBe(limit);
  });

  it('does not count quotes that were ordered with or have expired, nor those of others', async () => {
    const quotes = [];
    for (let index = 0; index < limit; index += 1) quotes.push(await requestQuoteAs(pricing, 'full'));
    expect((await requestQuoteAs(pricing, 'full')).code).toBe('QUOTE_LIMIT');
    expect((await requestQuoteAs(pricing, 'not-full')).__typename).toBe('Quote');
    await expire(pricing, quotes[0]!.id);
    expect((await requestQuoteAs(pricing, 'full')).__typename).toBe('Quote');
    const data = { orderId: 'order-1', acceptedAt: new Date() };
    await pricing.database.quote.update({ where: { id: quotes[1]!.id }, data });
    expect((await requestQuoteAs(pricing, 'full')).__typename).toBe('Quote');
    expect((await requestQuoteAs(pricing, 'full')).code).toBe('QUOTE_LIMIT');
  });
});

describe('a quote is refused', () => {
  it.each([0, -1, 100_001])('for %p pieces', async (quantity) => {
    const refused = await requestQuoteAs(pricing, 'pieces', { quantity });
    expect(refused).toMatchObject({ code: 'INVALID_INPUT', issues: [{ path: ['input', 'quantity'] }] });
  });

  it('for a product that there is not', async () => {
    const refused = await requestQuoteAs(pricing, 'nothing', { sku: 'NOTHING' });
    expect(refused).toMatchObject({ __typename: 'NotFoundError', code: 'NOT_FOUND', retryable: false });
  });

  it('in a currency that has no price', async () => {
    const refused = await requestQuoteAs(pricing, 'no-price', { currency: 'EUR' });
    expect(refused).toMatchObject({ code: 'PRICE_UNAVAILABLE', retryable: true, latestAt: null });
  });

  it('while the latest price is too old', async () => {
    const receivedAt = Date.now() - 15_001;
    await pricing.publishNow('4000.00', { time: receivedAt, receivedAt });
    const refused = await requestQuoteAs(pricing, 'stale');
    expect(refused).toMatchObject({ code: 'PRICE_UNAVAILABLE', latestAt: new Date(receivedAt).toISOString() });
    await pricing.publishNow('4000.00');
    expect((await requestQuoteAs(pricing, 'stale')).__typename).toBe('Quote');
  });

  it.each(['INDICATIVE', 'STALE'] as const)('while prices are %s', async (quality) => {
    await pricing.publishNow('4000.00', { quality });
    expect((await requestQuoteAs(pricing, 'closed')).code).toBe('PRICE_UNAVAILABLE');
  });

  it('while the market is halted, until the halt ends', async () => {
    const breaker = (until: number | null) => ({ state: 'HALTED', reason: 'Only 1 of 2 sources', until }) as const;
    for (const until of [null, Date.now() + 60_000]) {
      await pricing.publishNow('4000.00', { breaker: breaker(until) });
      const refused = await requestQuoteAs(pricing, 'halted');
      expect(refused).toMatchObject({ __typename: 'PriceUnavailableError', code: 'MARKET_HALTED', retryable: true });
    }
    await pricing.publishNow('4000.00', { breaker: breaker(Date.now() - 1) });
    expect((await requestQuoteAs(pricing, 'halted')).__typename).toBe('Quote');
  });

  it('where rules leave nothing to pay', async () => {
    const effect = { type: 'PERCENT', base: 'METAL_VALUE', value: '100', sign: '-' };
    const conditions = { field: 'sku', op: 'EQ', value: coin.sku };
    await pricing.database.pricingRule.create({
      data: { code: 'ALL', version: 1, name: 'all', stage: 'TAX', priority: 1, status: 'ACTIVE', conditions, effect },
    });
    await eventually(async () => {
      const refused = await requestQuoteAs(pricing, 'nothing-to-pay', { sku: coin.sku, side: 'SELL' });
      expect(refused.code).toBe('PRICE_UNAVAILABLE');
    });
  });
});

describe('a coupon', () => {
  it('counts in quotes of who gives it, in whatever case, and in no price that everybody sees', async () => {
    const plain = await requestQuoteAs(pricing, 'coupon');
    const quote = await requestQuoteAs(pricing, 'coupon', { couponCode: ' welcome ' });
    expect(quote.couponCode).toBe('WELCOME');
    expect(readToken(pricing, quote.token)?.couponCode).toBe('WELCOME');
    const codes = ({ price }: QuoteAnswer) => price.lines.map(({ ruleCode }) => ruleCode);
    expect(codes(plain)).not.toContain('COUPON-WELCOME');
    expect(codes(quote)).toContain('COUPON-WELCOME');
    expect(Number(quote.price.total.amount)).toBeLessThan(Number(plain.price.total.amount));
  });

  it('that no rule asks for is refused', async () => {
    const refused = await requestQuoteAs(pricing, 'coupon', { couponCode: 'MADE-UP' });
    expect(refused).toMatchObject({ __typename: 'CouponNotValidError', code: 'COUPON_NOT_VALID', retryable: false });
  });
});

it('a quote can be in another currency than the product’s', async () => {
  await pricing.writer.open('XAU-GBP', noTicksYet);
  await pricing.writer.publish([aTick({ symbol: 'XAU-GBP', bid: '3000.00', ask: '3000.00', time: Date.now() })]);
  await eventually(async () => {
    const quote = await requestQuoteAs(pricing, 'pounds', { currency: 'GBP', side: 'SELL' });
    expect(quote.price?.total).toEqual({ amount: '2955.00', currency: 'GBP' });
    expect(readToken(pricing, quote.token)).toMatchObject({ currency: 'GBP', symbol: 'XAU-GBP', total: '2955.00' });
  });
});
