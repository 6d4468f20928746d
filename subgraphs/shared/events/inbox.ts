import type { SqlClient, TransactionalClient } from '../database.ts';
import type { DomainEvent } from './event-catalogue.ts';

/**
 * Handles an event once: its id and what the handler changes are committed together, in the table `inbox_event` and in
 * the service's own. An event that arrives again, even while it is being handled elsewhere, changes nothing.
 * @returns whether the event was new
 */
export async function handleOnce<Transaction extends SqlClient>(
  database: TransactionalClient<Transaction>,
  event: DomainEvent,
  handle: (transaction: Transaction) => Promise<void>,
): Promise<boolean> {
  return database.$transaction(async (transaction) => {
    const inserted = await transaction.$executeRawUnsafe(
      `INSERT INTO inbox_event (event_id, name) VALUES ($1::uuid, $2) ON CONFLICT DO NOTHING`,
      event.id,
      event.name,
    );
    if (inserted === 0) return false;
    await handle(transaction);
    return true;
  });
}
