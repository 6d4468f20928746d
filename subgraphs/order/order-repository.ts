import { decimal } from '#shared/decimal.ts';
import type { SqlClient } from '#shared/database.ts';
import { isUuid } from '#shared/uuid.ts';
import {
  orderNumber,
  sequenceOf,
  type Actor,
  type Order,
  type OrderFilter,
  type OrderHistoryEntry,
  type OrderLine,
  type OrderStatus,
  type Side,
} from './domain/order.ts';

/** An order that is about to be placed, with its one line. Amounts are decimal texts in `currency`. */
export type NewOrder = {
  customerId: string;
  clientOrderId: string | null;
  side: Side;
  quoteId: string;
  currency: string;
  total: string;
  placedAt: Date;
  paymentDueAt: Date;
  line: { sku: string; quantity: number; unitPrice: string; priceLines: OrderLine['priceLines'] };
};

export type OrderRepository = {
  /**
   * Writes an order with its line and the first entry of its history, in one statement.
   * @returns `undefined` when its quote or its client order id is used; `name` is null when there is no such product
   */
  place(order: NewOrder): Promise<{ id: string; number: string; name: string | null } | undefined>;
  /** Which order of the customer's has the quote, and which the client order id. */
  usersOf(
    order: Pick<NewOrder, 'customerId' | 'quoteId' | 'clientOrderId'>,
  ): Promise<{ quote?: string; name?: string }>;
  /** Orders by id, in no order; one statement for all. What is no id has no order. */
  byIds(ids: readonly string[]): Promise<Order[]>;
  /** An order, and nobody else changes it until the transaction ends. */
  lock(id: string): Promise<Order | undefined>;
  /** The same for an order whose payment is overdue; `undefined` when it is not any more, or somebody else has locked it. */
  lockOverdue(id: string, now: Date): Promise<Order | undefined>;
  /** Ids of orders whose payment is overdue, the longest first. */
  overdue(now: Date, limit: number): Promise<string[]>;
  /** Takes an order from the version that was read to the next one and writes its history. @returns whether it was still at that version */
  advance(order: Order, step: { to: OrderStatus; actor: Actor; reason: string | null; at: Date }): Promise<boolean>;
  /** Orders that fit, the newest first, behind an id. */
  list(filter: OrderFilter, limit: number, behindId: string | undefined): Promise<Order[]>;
  /** Lines of orders, in their order; one statement for all. */
  linesOf(orderIds: readonly string[]): Promise<OrderLine[]>;
  /** History of orders, from the first entry on; one statement for all. */
  historyOf(orderIds: readonly string[]): Promise<OrderHistoryEntry[]>;
};

const columns = `id::text, number::text, customer_id AS "customerId", client_order_id AS "clientOrderId", side, status,
  quote_id::text AS "quoteId", currency, total::text, placed_at AS "placedAt", payment_due_at AS "paymentDueAt",
  paid_at AS "paidAt", version`;

/** Orders in PostgreSQL. `database` may be a transaction; what locks or writes must have one. */
export function createOrderRepository(database: SqlClient): OrderRepository {
  const select = async (rest: string, ...values: unknown[]) =>
    (await database.$queryRawUnsafe<OrderRow[]>(`SELECT ${columns} FROM customer_order ${rest}`, ...values)).map(
      toOrder,
    );
  return {
    async place({ line, ...order }) {
      const [placed] = await database.$queryRawUnsafe<{ id: string; number: string; name: string | null }[]>(
        placeSql,
        order.customerId,
        order.clientOrderId,
        order.side,
        order.quoteId,
        order.currency,
        order.total,
        order.placedAt,
        order.paymentDueAt,
        line.sku,
        line.quantity,
        line.unitPrice,
        JSON.stringify(line.priceLines),
      );
      return placed && { ...placed, number: orderNumber(placed.number) };
    },
    async usersOf({ customerId, quoteId, clientOrderId }) {
      const rows = await database.$queryRawUnsafe<{ id: string; hasQuote: boolean }[]>(
        `SELECT id::text, quote_id = $2::uuid AS "hasQuote" FROM customer_order
         WHERE quote_id = $2::uuid OR (customer_id = $1 AND client_order_id = $3)`,
        customerId,
        quoteId,
        clientOrderId,
      );
      return { quote: rows.find(({ hasQuote }) => hasQuote)?.id, name: rows.find(({ hasQuote }) => !hasQuote)?.id };
    },
    byIds: (ids) => select('WHERE id = ANY($1::text[]::uuid[])', ids.filter(isUuid)),
    lock: async (id) => (isUuid(id) ? (await select('WHERE id = $1::uuid FOR UPDATE', id))[0] : undefined),
    lockOverdue: async (id, now) =>
      (await select(`WHERE id = $1::uuid AND ${overdueSql('$2')} FOR UPDATE SKIP LOCKED`, id, now))[0],
    async overdue(now, limit) {
      const rows = await database.$queryRawUnsafe<{ id: string }[]>(
        `SELECT id::text FROM customer_order WHERE ${overdueSql('$1')} ORDER BY payment_due_at LIMIT $2`,
        now,
        limit,
      );
      return rows.map(({ id }) => id);
    },
    async advance(order, { to, actor, reason, at }) {
      const advanced = await database.$executeRawUnsafe(
        `WITH advanced AS (
           UPDATE customer_order SET status = $3, version = version + 1,
             paid_at = CASE WHEN $3 = 'PAID' THEN $8::timestamptz ELSE paid_at END
           WHERE id = $1::uuid AND version = $2
           RETURNING id, version
         )
         INSERT INTO order_history_entry (order_id, sequence, "from", "to", actor, actor_id, reason, at)
         SELECT id, version, $4, $3, $5, $6, $7, $8::timestamptz FROM advanced`,
        order.id,
        order.version,
        to,
        order.status,
        actor.kind,
        actor.userId,
        reason,
        at,
      );
      return advanced > 0;
    },
    list(filter, limit, behindId) {
      const { sql, values } = whereOf(filter, behindId);
      return select(`WHERE ${sql} ORDER BY id DESC LIMIT ${limit}`, ...values);
    },
    async linesOf(orderIds) {
      const rows = await database.$queryRawUnsafe<LineRow[]>(
        `SELECT order_id::text AS "orderId", sku, name, quantity, unit_price::text AS "unitPrice",
           order_line.total::text, price_lines AS "priceLines", currency
         FROM order_line JOIN customer_order ON customer_order.id = order_id
         WHERE order_id = ANY($1::text[]::uuid[]) ORDER BY order_id, position`,
        orderIds,
      );
      return rows.map((row) => ({ ...row, unitPrice: decimal(row.unitPrice), total: decimal(row.total) }));
    },
    historyOf: (orderIds) =>
      database.$queryRawUnsafe<OrderHistoryEntry[]>(
        `SELECT order_id::text AS "orderId", sequence, "from", "to", actor, actor_id AS "actorId", reason, at
         FROM order_history_entry WHERE order_id = ANY($1::text[]::uuid[]) ORDER BY order_id, sequence`,
        orderIds,
      ),
  };
}

/** One statement: either all of it is written, or nothing because the quote or the client order id is used. */
const placeSql = `WITH placed AS (
    INSERT INTO customer_order (customer_id, client_order_id, side, status, quote_id, currency, total, placed_at, payment_due_at)
    VALUES ($1, $2, $3, 'PENDING_PAYMENT', $4::uuid, $5, $6::numeric, $7::timestamptz, $8::timestamptz)
    ON CONFLICT DO NOTHING
    RETURNING id, number
  ), line AS (
    INSERT INTO order_line (order_id, position, sku, name, quantity, unit_price, total, price_lines)
    SELECT placed.id, 1, product.sku, product.name, $10::int, $11::numeric, $6::numeric, $12::jsonb
    FROM placed JOIN product ON product.sku = $9
    RETURNING name
  ), entry AS (
    INSERT INTO order_history_entry (order_id, sequence, "to", actor, actor_id, at)
    SELECT id, 1, 'PENDING_PAYMENT', 'CUSTOMER', $1, $7::timestamptz FROM placed
  )
  SELECT placed.id::text, placed.number::text, line.name FROM placed LEFT JOIN line ON true`;

type OrderRow = Omit<Order, 'total'> & { total: string };
type LineRow = Omit<OrderLine, 'unitPrice' | 'total'> & { unitPrice: string; total: string };

function toOrder(row: OrderRow): Order {
  return { ...row, number: orderNumber(row.number), total: decimal(row.total) };
}

function overdueSql(now: string): string {
  return `status = 'PENDING_PAYMENT' AND payment_due_at < ${now}::timestamptz`;
}

function whereOf(filter: OrderFilter, behindId: string | undefined): { sql: string; values: unknown[] } {
  const conditions = ['true'];
  const values: unknown[] = [];
  const add = (value: unknown, condition: (parameter: string) => string) => {
    values.push(value);
    conditions.push(condition(`$${values.length}`));
  };
  const { status, customerId, placedFrom, placedTo, number } = filter;
  if (status) add(status, (parameter) => `status = ANY(${parameter}::text[])`);
  if (typeof customerId === 'string') add(customerId, (parameter) => `customer_id = ${parameter}`);
  // Nothing was placed before 1970, and PostgreSQL has no year 0.
  if (typeof placedFrom === 'number')
    add(new Date(Math.max(0, placedFrom)), (parameter) => `placed_at >= ${parameter}::timestamptz`);
  if (typeof placedTo === 'number')
    add(new Date(Math.max(0, placedTo)), (parameter) => `placed_at < ${parameter}::timestamptz`);
  // What is no number at all is the number of no order.
  if (typeof number === 'string') add(sequenceOf(number) ?? '0', (parameter) => `number = ${parameter}::bigint`);
  if (behindId !== undefined) add(behindId, (parameter) => `id < ${parameter}::uuid`);
  return { sql: conditions.join(' AND '), values };
}
