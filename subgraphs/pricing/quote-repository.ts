import type { SqlClient } from '#shared/database.ts';
import { decimal } from '#shared/decimal.ts';
import type { PricingStage } from './domain/pricing-rule.ts';
import type { TradeSide } from './domain/priced-product.ts';
import type { Quote } from './domain/quote.ts';

export type QuoteRepository = {
  byIds(ids: readonly string[]): Promise<Quote[]>;
  /** Quotes of a customer that are neither expired nor spent. */
  countOpen(customerId: string, now: number): Promise<number>;
  /** The last of the quotes that stand in, one for the other, for this one; itself where none does. */
  newestInPlaceOf(id: string): Promise<Quote | undefined>;
  add(quote: Quote, replacesQuoteId: string | null): Promise<void>;
  /** Notes the order that a quote was spent on; the first one stays. */
  accept(id: string, orderId: string, at: Date): Promise<void>;
};

/** Quotes, in PostgreSQL. */
export function createQuoteRepository(database: SqlClient): QuoteRepository {
  return {
    async byIds(ids) {
      const sql = `SELECT ${columns} FROM quote WHERE id = ANY($1::text[]::uuid[])`;
      return (await database.$queryRawUnsafe<QuoteRow[]>(sql, ids)).map(toQuote);
    },
    async countOpen(customerId, now) {
      const [open] = await database.$queryRawUnsafe<[{ quotes: number }]>(
        `SELECT count(*)::int AS quotes FROM quote WHERE customer_id = $1 AND expires_at > $2 AND order_id IS NULL`,
        customerId,
        new Date(now),
      );
      return open.quotes;
    },
    async newestInPlaceOf(id) {
      const rows = await database.$queryRawUnsafe<QuoteRow[]>(
        `WITH RECURSIVE chain (id, place) AS (
           SELECT $1::uuid, 0
           UNION ALL SELECT quote.id, place + 1 FROM quote JOIN chain ON quote.replaces_quote_id = chain.id)
         SELECT ${columns} FROM quote WHERE id = (SELECT id FROM chain ORDER BY place DESC LIMIT 1)`,
        id,
      );
      return rows.map(toQuote)[0];
    },
    async add({ price, ...quote }, replacesQuoteId) {
      await database.$executeRawUnsafe(
        `INSERT INTO quote
           (id, customer_id, sku, side, quantity, currency, coupon_code, unit_price, total, premium_percent, lines,
            symbol, sequence, as_of, token, created_at, expires_at, replaces_quote_id)
         VALUES ($1::uuid, $2, $3, $4, $5, $6, $7, $8::numeric, $9::numeric, $10::numeric, $11::jsonb,
            $12, $13, $14, $15, $16, $17, $18::uuid)`,
        quote.id,
        quote.customerId,
        price.sku,
        price.side,
        price.quantity,
        price.total.currency,
        quote.couponCode,
        price.unitPrice.amount.toFixed(),
        price.total.amount.toFixed(),
        price.premiumPercent.toFixed(),
        JSON.stringify(price.lines.map((line) => ({ ...line, amount: line.amount.amount.toFixed() }))),
        price.symbol,
        price.sequence,
        new Date(price.asOf),
        quote.token,
        new Date(quote.createdAt),
        new Date(quote.expiresAt),
        replacesQuoteId,
      );
    },
    async accept(id, orderId, at) {
      await database.$executeRawUnsafe(
        `UPDATE quote SET order_id = $2, accepted_at = $3 WHERE id = $1::uuid AND order_id IS NULL`,
        id,
        orderId,
        at,
      );
    },
  };
}

const columns = `id::text, customer_id AS "customerId", sku, side, quantity, currency, coupon_code AS "couponCode",
  unit_price::text AS "unitPrice", total::text, premium_percent::text AS "premiumPercent", lines, symbol,
  sequence::text, as_of AS "asOf", token, created_at AS "createdAt", expires_at AS "expiresAt", order_id AS "orderId"`;

type QuoteRow = {
  id: string;
  customerId: string;
  sku: string;
  side: TradeSide;
  quantity: number;
  currency: string;
  couponCode: string | null;
  unitPrice: string;
  total: string;
  premiumPercent: string;
  lines: { stage: PricingStage; label: string; amount: string; ruleCode: string | null; ruleVersion: number | null }[];
  symbol: string;
  sequence: string;
  asOf: Date;
  token: string;
  createdAt: Date;
  expiresAt: Date;
  orderId: string | null;
};

function toQuote(row: QuoteRow): Quote {
  const { id, token, customerId, couponCode, orderId, currency } = row;
  const money = (amount: string) => ({ amount: decimal(amount), currency });
  return {
    id,
    token,
    customerId,
    couponCode,
    orderId,
    createdAt: row.createdAt.getTime(),
    expiresAt: row.expiresAt.getTime(),
    price: {
      sku: row.sku,
      side: row.side,
      quantity: row.quantity,
      symbol: row.symbol,
      sequence: Number(row.sequence),
      asOf: row.asOf.getTime(),
      unitPrice: money(row.unitPrice),
      total: money(row.total),
      premiumPercent: decimal(row.premiumPercent),
      lines: row.lines.map((line) => ({ ...line, amount: money(line.amount) })),
    },
  };
}
