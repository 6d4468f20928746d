// Only SQL is sent through it, so that no other service's models are needed here.
import { PrismaClient } from '#prisma/pricing/generated/client.ts';
import { databaseOptions } from '#shared/database.ts';
import type { EventData, EventName } from '#shared/events/event-catalogue.ts';
import { createOutboxRelay } from '#shared/events/outbox-relay.ts';
import { recordEvent } from '#shared/events/outbox.ts';
import { createLogger } from '#shared/logger.ts';
import { createMetrics } from '#shared/metrics.ts';
import { eventually } from '#shared/testing/eventually.ts';
import { createTestDatabase } from '#shared/testing/test-database.ts';
import type { PricingFixture } from './pricing-fixture.ts';

/** The order service as pricing hears of it: an outbox in a database of its own, and its relay. */
export async function openOrderOutbox({ redis }: PricingFixture) {
  const testDatabase = await createTestDatabase('order');
  const database = new PrismaClient(databaseOptions({ url: testDatabase.url, poolSize: 2 }));
  const relay = createOutboxRelay({
    database,
    redis: redis.redis,
    prefix: redis.prefix,
    logger: createLogger({ service: 'test', level: 'silent' }),
    metrics: createMetrics('test'),
    resendAfterMs: 0,
  });
  return {
    relay,
    async tell<N extends EventName>(name: N, data: EventData<N>) {
      await database.$transaction((transaction) => recordEvent(transaction, name, data, new Date()));
      // Only pricing listens here.
      await database.$executeRawUnsafe(`DELETE FROM outbox_message WHERE consumer <> 'pricing'`);
    },
    /** Tells everything once more, as a relay does that does not know what has been handled. */
    async tellAgain() {
      await database.$executeRawUnsafe('UPDATE outbox_message SET acknowledged_at = NULL');
    },
    async relayUntilHandled() {
      await eventually(async () => {
        await relay.relayOnce();
        const open = await database.$queryRawUnsafe<unknown[]>(
          'SELECT 1 FROM outbox_message WHERE acknowledged_at IS NULL',
        );
        if (open.length > 0) throw new Error(`${open.length} events are not handled`);
      });
    },
    async close() {
      await relay.close();
      await database.$disconnect();
      await testDatabase.drop();
    },
  };
}
