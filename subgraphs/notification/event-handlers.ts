import type { SqlClient } from '#shared/database.ts';
import type { DomainEvent } from '#shared/events/event-catalogue.ts';
import { notify } from './notification-service.ts';
import { createRecipientRepository } from './recipient-repository.ts';
import { categoryOf, isTold } from './templates/order-advanced.ts';

/** What is done when other services tell of something, each in the transaction that remembers the event. */
export const eventHandlers = {
  'auth.user-changed': (transaction: SqlClient, { data }: DomainEvent<'auth.user-changed'>) =>
    createRecipientRepository(transaction).keepNewest(data, new Date()),

  async 'order.order-placed'(transaction: SqlClient, { id, data }: DomainEvent<'order.order-placed'>) {
    await notify(transaction, {
      recipientId: data.customerId,
      dedupeKey: id,
      category: 'ORDER',
      kind: 'order-placed',
      data,
      now: new Date(),
    });
  },

  async 'order.order-advanced'(transaction: SqlClient, { id, data }: DomainEvent<'order.order-advanced'>) {
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
