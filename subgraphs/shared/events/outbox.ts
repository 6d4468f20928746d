import { randomUUID } from 'node:crypto';
import { correlationId } from '../correlation.ts';
import type { SqlClient } from '../database.ts';
import { eventCatalogue, type EventData, type EventName } from './event-catalogue.ts';

/**
 * Records an event in the transaction of the change that it tells of: one row of the table `outbox_message` for each
 * consumer. The relay sends it on after the commit; a change that is rolled back tells nothing.
 * @returns the event's id
 * @throws ZodError when the data is not what the catalogue says
 */
export async function recordEvent<N extends EventName>(
  transaction: SqlClient,
  name: N,
  data: EventData<N>,
  occurredAt: Date,
): Promise<string> {
  const { consumers, data: schema } = eventCatalogue[name];
  const id = randomUUID();
  await transaction.$executeRawUnsafe(
    `INSERT INTO outbox_message (event_id, name, data, correlation_id, occurred_at, consumer)
     SELECT $1::uuid, $2, $3::jsonb, $4, $5::timestamptz, consumer FROM unnest($6::text[]) AS consumer`,
    id,
    name,
    JSON.stringify(schema.parse(data)),
    correlationId() ?? randomUUID(),
    occurredAt.toISOString(),
    consumers,
  );
  return id;
}
