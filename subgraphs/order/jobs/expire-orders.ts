import type { Logger } from '#shared/logger.ts';
import { repeat, type RepeatedJob } from '#shared/repeat.ts';
import type { OrderService } from '../order-service.ts';

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
}): RepeatedJob {
  const { orders, logger, everyMs = 1_000 } = options;

  /** @returns how many have expired */
  async function expireBatch(closing: AbortSignal): Promise<number> {
    let expired = 0;
    for (const orderId of await orders.overdueOrders(batchSize)) {
      if (closing.aborted) break;
      try {
        if (await orders.expireOrder(orderId)) expired += 1;
      } catch (err) {
        logger.error({ err, orderId }, 'an order could not expire; it is tried again');
      }
    }
    return expired;
  }

  return repeat({
    name: 'expire-orders',
    everyMs,
    logger,
    async work(closing) {
      // Full batches follow each other at once, as long as they get somewhere.
      while ((await expireBatch(closing)) === batchSize && !closing.aborted);
    },
  });
}
