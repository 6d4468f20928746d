import type { Logger } from '#shared/logger.ts';
import { pause } from '#shared/waiting.ts';
import type { OrderService } from '../order-service.ts';

export type OrderExpiry = { start(): void; close(): Promise<void> };

/** Orders that are looked up at once. */
const batchSize = 100;

/**
 * Lets orders expire that were not paid in time, by looking for them in PostgreSQL: nothing has to be remembered, and any
 * number of workers may do it. Each order is a transaction of its own, so that one which fails keeps no other waiting.
 * @param options.everyMs milliseconds between two looks
 */
export function createOrderExpiry(options: {
  orders: Pick<OrderService, 'overdueOrders' | 'expireOrder'>;
  logger: Logger;
  everyMs?: number;
}): OrderExpiry {
  const { orders, logger, everyMs = 1_000 } = options;
  const closing = new AbortController();
  let running: Promise<void> | undefined;

  /** @returns how many have expired */
  async function expireBatch(): Promise<number> {
    let expired = 0;
    for (const orderId of await orders.overdueOrders(batchSize)) {
      if (closing.signal.aborted) break;
      try {
        if (await orders.expireOrder(orderId)) expired += 1;
      } catch (err) {
        logger.error({ err, orderId }, 'an order could not expire; it is tried again');
      }
    }
    return expired;
  }

  async function run(): Promise<void> {
    while (!closing.signal.aborted) {
      try {
        // Full batches follow each other at once, as long as they get somewhere.
        while ((await expireBatch()) === batchSize && !closing.signal.aborted);
      } catch (err) {
        logger.warn({ err }, 'overdue orders could not be looked up; trying again');
      }
      await pause(everyMs, closing.signal);
    }
  }

  return {
    start() {
      running ??= run();
    },
    async close() {
      closing.abort();
      await running;
    },
  };
}
