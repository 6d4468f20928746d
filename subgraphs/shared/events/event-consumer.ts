import type { Redis } from 'ioredis';
import { withCorrelation } from '../correlation.ts';
import type { SqlClient, TransactionalClient } from '../database.ts';
import { defineJob, implementJob, startWorker, type RunningWorker } from '../jobs.ts';
import type { Logger } from '../logger.ts';
import { eventCatalogue, eventQueueName, parseEvent, type DomainEvent, type EventName } from './event-catalogue.ts';
import { handleOnce } from './inbox.ts';

/** What a service does when it is told of an event; everything is changed in the transaction that it is given. */
export type EventHandlers<Transaction, Names extends EventName> = {
  [N in Names]: (transaction: Transaction, event: DomainEvent<N>) => Promise<void>;
};

/**
 * Consumes a service's queue of events, each once in effect. Transient failures are tried again with backoff; an event
 * that cannot be read is given up at once and stays in the queue's failed set for an operator.
 * @throws Error when a handler is missing for an event that the catalogue sends to this consumer
 */
export function startEventConsumer<Transaction extends SqlClient, Names extends EventName>(options: {
  consumer: string;
  database: TransactionalClient<Transaction>;
  redis: Redis;
  prefix: string;
  logger: Logger;
  handlers: EventHandlers<Transaction, Names>;
}): RunningWorker {
  const { consumer, database, handlers, logger } = options;
  const names = (Object.keys(eventCatalogue) as EventName[]).filter((name) =>
    eventCatalogue[name].consumers.some((told) => told === consumer),
  );
  const missing = names.filter((name) => !(name in handlers));
  if (missing.length > 0) throw new Error(`${consumer} is told of ${missing.join(', ')} but has no handler`);
  const implementations = names.map((name) =>
    implementJob(defineJob({ name, payload: { parse: parseEvent } }), (event) =>
      withCorrelation(event.correlationId, async () => {
        const handle = handlers[event.name as Names] as (transaction: Transaction, event: DomainEvent) => Promise<void>;
        const isNew = await handleOnce(database, event, (transaction) => handle(transaction, event));
        logger.info({ event: event.name, eventId: event.id, isNew }, 'event handled');
      }),
    ),
  );
  return startWorker({
    queue: eventQueueName(consumer),
    redis: options.redis,
    prefix: options.prefix,
    logger,
    implementations,
  });
}
