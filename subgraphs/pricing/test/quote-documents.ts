import { createQuoteVerifier, publicKeyOf } from '#shared/quote-token.ts';
import type { PricingFixture } from './pricing-fixture.ts';

type Money = { amount: string; currency: string };

export type QuoteAnswer = {
  __typename: string;
  id: string;
  token: string;
  side: string;
  quantity: number;
  status: string;
  couponCode: string | null;
  createdAt: string;
  expiresAt: string;
  ttl: number;
  product: { sku: string };
  customer: { id: string };
  price: { total: Money; unitPrice: Money; sequence: string; lines: { amount: Money; ruleCode: string | null }[] };
  code?: string;
  message?: string;
  retryable?: boolean;
  openQuotes?: number;
  limit?: number;
  latestAt?: string | null;
  issues?: { path: string[] }[];
};

export const quoteFields = /* GraphQL */ `
  fragment QuoteFields on Quote {
    id
    token
    side
    quantity
    status
    couponCode
    createdAt
    expiresAt
    ttl
    product {
      sku
    }
    customer {
      id
    }
    price {
      total {
        amount
        currency
      }
      unitPrice {
        amount
        currency
      }
      sequence
      lines {
        amount {
          amount
          currency
        }
        ruleCode
      }
    }
  }
`;

const requestQuote = /* GraphQL */ `
  ${quoteFields}
  mutation RequestQuote($input: RequestQuoteInput!) {
    requestQuote(input: $input) {
      __typename
      ...QuoteFields
      ... on Error {
        code
        message
        retryable
      }
      ... on QuoteLimitError {
        openQuotes
        limit
      }
      ... on PriceUnavailableError {
        latestAt
      }
      ... on InvalidInputError {
        issues {
          path
        }
      }
    }
  }
`;

export type QuoteInput = {
  idempotencyKey?: string;
  sku?: string;
  side?: string;
  quantity?: number;
  currency?: string;
  couponCode?: string;
};

let keys = 0;

/** Asks for a quote of one bar, under a new idempotency key, where nothing else is given. */
export async function requestQuoteAs(pricing: PricingFixture, userId: string, input: QuoteInput = {}) {
  keys += 1;
  const { data, errors } = await pricing.client.request<{ requestQuote: QuoteAnswer }>(
    requestQuote,
    { input: { idempotencyKey: `key-${keys}`, sku: 'BAR-1OZ', side: 'BUY', quantity: 1, ...input } },
    pricing.signedIn(userId),
  );
  if (errors) throw new Error(JSON.stringify(errors));
  return data!.requestQuote;
}

/** What a token promises, as the order service reads it. */
export function readToken(pricing: PricingFixture, token: string) {
  return createQuoteVerifier([publicKeyOf(pricing.config.QUOTE_SIGNING_KEY)]).verify(token);
}

/** Lets quotes end a second ago. */
export async function expire(pricing: PricingFixture, ...ids: string[]): Promise<void> {
  await pricing.database.$executeRawUnsafe(
    `UPDATE quote SET created_at = now() - interval '61 s', expires_at = now() - interval '1 s'
     WHERE id = ANY($1::text[]::uuid[])`,
    ids,
  );
}
