import type { SqlClient } from '#shared/database.ts';
import { startEventConsumer } from '#shared/events/event-consumer.ts';
import { createHousekeeping } from '#shared/housekeeping.ts';
import { createHttpServer } from '#shared/http-server.ts';
import type { RunningWorker } from '#shared/jobs.ts';
import type { WiredProcess } from '#shared/run-process.ts';
import { isUuid } from '#shared/uuid.ts';
import type { Config } from './config.ts';
import { openConnections } from './connections.ts';
import { keepNewest } from './priced-product-repository.ts';
import { createQuoteRepository } from './quote-repository.ts';

/** The worker: learns of products and orders from the order service's events, and tidies up. */
export function wireWorker(config: Config): WiredProcess {
  const connections = openConnections(config);
  const { logger, database, redis, metrics, checks } = connections;
  const housekeeping = createHousekeeping({ database, tables: ['inbox_event', 'idempotency_key', 'quote'], logger });
  const http = createHttpServer({
    host: config.HOST,
    port: config.PORT,
    metrics,
    checks,
    onError: (err) => logger.error({ err }, 'request failed'),
  });
  let consumer: RunningWorker | undefined;
  return {
    logger,
    async start() {
      housekeeping.start();
      consumer = startEventConsumer({
        consumer: 'pricing',
        database,
        redis,
        prefix: config.REDIS_PREFIX,
        logger,
        handlers: {
          'order.product-changed': (transaction: SqlClient, { data }) => keepNewest(transaction, data),
          async 'order.order-placed'(transaction: SqlClient, { data: { quoteId, orderId }, occurredAt }) {
            if (!isUuid(quoteId)) return;
            await createQuoteRepository(transaction).accept(quoteId, orderId, new Date(occurredAt));
          },
        },
      });
      return http.listen();
    },
    async stop() {
      await http.close();
      await consumer?.close();
      await housekeeping.close();
      await connections.close();
    },
  };
}
