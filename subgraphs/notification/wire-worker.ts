import type { Agent } from 'node:https';
import { startEventConsumer } from '#shared/events/event-consumer.ts';
import { createHousekeeping } from '#shared/housekeeping.ts';
import { createHttpServer } from '#shared/http-server.ts';
import { startWorker, type RunningWorker } from '#shared/jobs.ts';
import { closeRedis, createRedis, redisCheck } from '#shared/redis.ts';
import type { WiredProcess } from '#shared/run-process.ts';
import { createTickFollower } from '#shared/ticks/tick-follower.ts';
import { openChannels } from './channels/open-channels.ts';
import type { Config } from './config.ts';
import { openConnections } from './connections.ts';
import { createDeliveryMetrics } from './delivery-metrics.ts';
import { createDeliveryRelay } from './delivery-relay.ts';
import { createDeliveryService } from './delivery-service.ts';
import { eventHandlers } from './event-handlers.ts';
import { deliveryQueueName, implementSendDelivery } from './jobs/send-delivery.ts';
import { createPriceAlertEvaluator } from './price-alert-evaluator.ts';
import { createWriteChanges } from './price-alert-firing.ts';
import { createAlertMetrics } from './price-alert-metrics.ts';
import { createPriceAlertWatchRepository } from './price-alert-watch-repository.ts';

/**
 * The worker: learns what is to be told, and sends it.
 * @param outside.pushAgent makes the connections to push services, where they need a proxy or certificates of their own
 */
export function wireWorker(config: Config, outside: { pushAgent?: Agent } = {}): WiredProcess {
  const { logger, metrics, database, checks } = openConnections(config);
  const redis = createRedis(config.REDIS_URL, logger);
  const { REDIS_PREFIX: prefix } = config;
  const channels = openChannels({ config, database, logger, ...outside });
  const deliveries = createDeliveryService({
    database,
    channels,
    rules: {
      maxAttempts: config.DELIVERY_MAX_ATTEMPTS,
      retryMs: config.DELIVERY_RETRY_MS,
      recipientWaitMs: config.DELIVERY_RECIPIENT_WAIT_MS,
    },
    leaseMs: config.DELIVERY_LEASE_MS,
    metrics: createDeliveryMetrics(metrics, database),
    logger,
    now: Date.now,
    random: Math.random,
  });
  const pollMs = config.DELIVERY_POLL_MS;
  const relay = createDeliveryRelay({ database, redis, prefix, logger, pollMs, now: Date.now });
  const housekeeping = createHousekeeping({ database, tables: ['inbox_event', 'idempotency_key'], logger });
  const follower = createTickFollower({ redis, prefix, memory: config.TICKS_IN_MEMORY, logger });
  const watchRepository = createPriceAlertWatchRepository({ database, hysteresisBps: config.ALERT_HYSTERESIS_BPS });
  const alertMetrics = createAlertMetrics(metrics, () => alerts.watched());
  const alerts = createPriceAlertEvaluator({
    databaseUrl: config.NOTIFICATION_DATABASE_URL,
    follower,
    repository: watchRepository,
    write: createWriteChanges({ repository: watchRepository, metrics: alertMetrics, now: Date.now }),
    metrics: alertMetrics,
    logger,
    now: Date.now,
  });
  const http = createHttpServer({
    host: config.HOST,
    port: config.PORT,
    metrics,
    checks: { ...checks, redis: redisCheck(redis), priceAlerts: () => alerts.check() },
    onError: (err) => logger.error({ err }, 'request failed'),
  });
  let workers: RunningWorker[] = [];
  return {
    logger,
    async start() {
      workers = [
        startEventConsumer({ consumer: 'notification', database, redis, prefix, logger, handlers: eventHandlers }),
        startWorker({
          queue: deliveryQueueName,
          redis,
          prefix,
          logger,
          implementations: [implementSendDelivery(deliveries)],
          concurrency: config.DELIVERY_CONCURRENCY,
        }),
      ];
      relay.start();
      housekeeping.start();
      await alerts.start();
      return http.listen();
    },
    async stop() {
      await http.close();
      await alerts.close();
      await follower.close();
      await relay.close();
      await Promise.all(workers.map((worker) => worker.close()));
      await housekeeping.close();
      Object.values(channels).forEach((channel) => channel.close?.());
      await database.$disconnect();
      closeRedis(redis);
    },
  };
}
