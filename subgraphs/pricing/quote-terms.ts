import type { QuoteTerms } from '#shared/quote-token.ts';
import { moneyToWire } from '#shared/money.ts';
import type { Quote } from './domain/quote.ts';

/** The terms of a quote as they are signed. */
export function termsOf({ id, customerId, couponCode, price, createdAt, expiresAt }: Omit<Quote, 'token'>): QuoteTerms {
  const { sku, side, quantity, symbol, sequence, unitPrice, total, lines } = price;
  return {
    quoteId: id,
    customerId,
    sku,
    side,
    quantity,
    currency: total.currency,
    unitPrice: moneyToWire(unitPrice).amount,
    total: moneyToWire(total).amount,
    lines: lines.map((line) => ({ ...line, amount: moneyToWire(line.amount).amount })),
    symbol,
    sequence,
    couponCode,
    createdAt,
    expiresAt,
  };
}
