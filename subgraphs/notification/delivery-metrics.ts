import type { SqlClient } from '#shared/database.ts';
import { counter, gauge, type Registry } from '#shared/metrics.ts';
import { createDeadLetterRepository } from './dead-letter-repository.ts';
import type { DeliveryStatus } from './domain/delivery.ts';
import type { Channel } from './domain/preference.ts';

export type DeliveryMetrics = {
  /** An attempt has ended, or a delivery without one; QUEUED is one that is tried again. */
  ended(channel: Channel, status: DeliveryStatus): void;
};

/** What the worker tells of deliveries. Both gauges are read from the database when they are scraped. */
export function createDeliveryMetrics(registry: Registry, database: SqlClient): DeliveryMetrics {
  const deliveries = counter(
    registry,
    'gold_deliveries_total',
    'Deliveries by how an attempt ended; QUEUED is tried again',
    ['channel', 'status'],
  );
  gauge(registry, 'gold_dead_letters', 'Deliveries that were given up and wait for an operator', {
    collect: async (dead) => dead.set(await createDeadLetterRepository(database).count()),
  });
  gauge(registry, 'gold_deliveries_late_seconds', 'How long the delivery is due that is due longest', {
    collect: async (late) => late.set(await lateSeconds(database)),
  });
  return { ended: (channel, status) => deliveries.inc({ channel, status }) };
}

async function lateSeconds(database: SqlClient): Promise<number> {
  const [row] = await database.$queryRawUnsafe<{ late: number | null }[]>(
    `SELECT extract(epoch FROM now() - min(due_at))::float8 AS late FROM delivery
     WHERE due_at IS NOT NULL AND digest_id IS NULL AND due_at <= now()`,
  );
  return row?.late ?? 0;
}
