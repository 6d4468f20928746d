import type { SqlClient } from '#shared/database.ts';
import type { DomainEvent } from '#shared/events/event-catalogue.ts';
import { notify } from './notification-service.ts';
import { createRecipientRepository } from './recipient-repository.ts';
import { categoryOf, isTold } from './templates/order-advanced.ts';
import { createToldOrderRepository } from './told-order-repository.ts';

/** Milliseconds after which an event is told although the one before it has not come: better out of order than never. */
const patienceMs = 60_000;

/** What is done when other services tell of something, each in the transaction that remembers the event. */
export const eventHandlers = {
  'auth.user-changed': (transaction: SqlClient, { data }: DomainEvent<'auth.user-changed'>) =>
    createRecipientRepository(transaction).keepNewest(data, new Date()),

  async 'order.order-placed'(transaction: SqlClient, event: DomainEvent<'order.order-placed'>) {
    await requireInOrder(transaction, event);
    const { id, data } = event;
    await notify(transaction, {
      recipientId: data.customerId,
      dedupeKey: id,
      category: 'ORDER',
      kind: 'order-placed',
      data,
      now: new Date(),
    });
  },

  async 'order.order-advanced'(transaction: SqlClient, event: DomainEvent<'order.order-advanced'>) {
    await requireInOrder(transaction, event);
    const { id, data } = event;
    if (!isTold(data.status)) return;
    await notify(transaction, {
      recipientId: data.customerId,
      dedupeKey: id,
      category: categoryOf(data.status),
      kind: 'order-advanced',
      data,
      now: new Date(),
    });
  },
};

/**
 * Events of one order may overtake each other on their way; "confirmed" is not told before "placed".
 * @throws Error while the event before is missing: this one is then tried again a moment later
 */
async function requireInOrder(
  transaction: SqlClient,
  { data: { orderId, version }, occurredAt }: DomainEvent<'order.order-placed' | 'order.order-advanced'>,
): Promise<void> {
  const isOld = Date.now() - Date.parse(occurredAt) > patienceMs;
  if (await createToldOrderRepository(transaction).advance({ orderId, version }, isOld)) return;
  throw new Error(
    `version ${version} of order ${orderId} has come before the one before it; it is told a moment later`,
  );
}
