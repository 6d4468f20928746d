import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { eventually } from '#shared/testing/eventually.ts';
import { startPricing, type PricingFixture } from './pricing-fixture.ts';
import { expire, quoteFields, readToken, requestQuoteAs, type QuoteAnswer } from './quote-documents.ts';

const document = /* GraphQL */ `
  ${quoteFields}
  query ($of: [_Any!]!) {
    _entities(representations: $of) {
      ... on QuoteExpiredError {
        replacement {
          ...QuoteFields
        }
      }
    }
  }
`;
const limit = 3;
let pricing: PricingFixture;

beforeAll(async () => {
  pricing = await startPricing({ settings: { QUOTE_LIMIT_PER_CUSTOMER: String(limit) } });
});
afterAll(() => pricing.stop());
beforeEach(async () => void (await pricing.publishNow('4000.00')));

async function replacementOf(quoteId: string, userId?: string): Promise<QuoteAnswer | null> {
  const { data, errors } = await pricing.client.request<{ _entities: [{ replacement: QuoteAnswer | null }] }>(
    document,
    { of: [{ __typename: 'QuoteExpiredError', quoteId }] },
    userId === undefined ? {} : pricing.signedIn(userId),
  );
  if (errors) throw new Error(JSON.stringify(errors));
  return data!._entities[0].replacement;
}

async function expiredQuote(userId: string, input = {}) {
  const quote = await requestQuoteAs(pricing, userId, input);
  await expire(pricing, quote.id);
  return quote;
}

describe('an expired quote', () => {
  it('is replaced by an open one with the same terms at the price of now', async () => {
    const quote = await expiredQuote('terms', { side: 'SELL', quantity: 4 });
    await pricing.publishNow('4100.00');
    const replacement = await replacementOf(quote.id, 'terms');
    expect(replacement).toMatchObject({ side: 'SELL', quantity: 4, status: 'OPEN', customer: { id: 'terms' } });
    expect(replacement!.price.total.amount).toBe('16154.00');
    expect(readToken(pricing, replacement!.token)?.quoteId).toBe(replacement!.id);
  });

  it('has one replacement, however often and however many at once ask for it', async () => {
    const quote = await expiredQuote('once');
    const replacements = await Promise.all(Array.from({ length: 10 }, () => replacementOf(quote.id, 'once')));
    expect(new Set(replacements.map((replacement) => replacement?.token)).size).toBe(1);
    expect(await pricing.database.quote.count({ where: { customerId: 'once' } })).toBe(2);
  });

  it('is replaced anew once its replacement has expired too', async () => {
    const quote = await expiredQuote('chain');
    const first = await replacementOf(quote.id, 'chain');
    await expire(pricing, first!.id);
    const second = await replacementOf(quote.id, 'chain');
    expect([second?.id === first!.id, second?.status]).toEqual([false, 'OPEN']);
    expect((await replacementOf(first!.id, 'chain'))?.id).toBe(second?.id);
  });

  it('keeps its coupon, and is not replaced once the coupon is over', async () => {
    const quote = await expiredQuote('coupon', { couponCode: 'WELCOME' });
    const replacement = await replacementOf(quote.id, 'coupon');
    expect(replacement?.couponCode).toBe('WELCOME');
    expect(replacement?.price.lines.map(({ ruleCode }) => ruleCode)).toContain('COUPON-WELCOME');
    await expire(pricing, replacement!.id);
    await pricing.database.pricingRule.updateMany({ where: { code: 'COUPON-WELCOME' }, data: { status: 'RETIRED' } });
    await eventually(async () => {
      const refused = await requestQuoteAs(pricing, 'probe', { couponCode: 'WELCOME' });
      expect(refused.code).toBe('COUPON_NOT_VALID');
    });
    expect(await replacementOf(quote.id, 'coupon')).toBeNull();
  });

  it('is not replaced for anybody else', async () => {
    const quote = await expiredQuote('owner');
    expect(await replacementOf(quote.id, 'other')).toBeNull();
    expect(await replacementOf(quote.id)).toBeNull();
    expect(await replacementOf('0193a3c8-0000-7000-8000-000000000000', 'owner')).toBeNull();
    expect(await replacementOf('no-id', 'owner')).toBeNull();
  });

  it('is not replaced when an order was placed with it or with its replacement', async () => {
    const quote = await expiredQuote('ordered');
    const replacement = await replacementOf(quote.id, 'ordered');
    const data = { orderId: 'order-1', acceptedAt: new Date() };
    await pricing.database.quote.update({ where: { id: replacement!.id }, data });
    expect(await replacementOf(quote.id, 'ordered')).toBeNull();
    expect(await replacementOf(replacement!.id, 'ordered')).toBeNull();
  });

  it('is not replaced beyond the limit of open quotes', async () => {
    const quote = await expiredQuote('limit');
    for (let index = 0; index < limit; index += 1) await requestQuoteAs(pricing, 'limit');
    expect(await replacementOf(quote.id, 'limit')).toBeNull();
  });

  it('is not replaced while no price can be promised', async () => {
    const quote = await expiredQuote('closed');
    await pricing.publishNow('4000.00', { quality: 'INDICATIVE' });
    expect(await replacementOf(quote.id, 'closed')).toBeNull();
    await pricing.publishNow('4000.00');
    expect(await replacementOf(quote.id, 'closed')).not.toBeNull();
  });
});
