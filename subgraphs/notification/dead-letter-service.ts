import { requirePermission, type Caller } from '#shared/caller.ts';
import type { SqlClient } from '#shared/database.ts';
import { badInput } from '#shared/errors.ts';
import type { Logger } from '#shared/logger.ts';
import { decodeCursor, pageSize, toPage, type Page } from '#shared/pagination.ts';
import { isUuid } from '#shared/uuid.ts';
import {
  createDeadLetterRepository,
  type DeadLetter,
  type RecordedMessage,
  type TimePlace,
} from './dead-letter-repository.ts';
import type { Delivery } from './domain/delivery.ts';

type PageRequest = { first: number; after?: string | null };

/** All of it @throws DomainError UNAUTHENTICATED, or FORBIDDEN without REPLAY_DELIVERIES. */
export type DeadLetterService = {
  /** What was given up, the newest first. @throws DomainError BAD_USER_INPUT for `first` or a cursor */
  list(caller: Caller, page: PageRequest): Promise<Page<DeadLetter>>;
  /** What channels without credentials would have sent, the newest first. @throws DomainError as `list` */
  recorded(caller: Caller, page: PageRequest): Promise<Page<RecordedMessage>>;
  /** Has a dead letter tried again. @returns the delivery as it is now, dead or not; null when there is none */
  replay(caller: Caller, id: string): Promise<Delivery | null>;
};

/** What operators look after: deliveries that failed, and messages that were recorded instead of sent. */
export function createDeadLetterService(options: {
  database: SqlClient;
  logger: Logger;
  now: () => number;
}): DeadLetterService {
  const deadLetters = createDeadLetterRepository(options.database);
  return {
    async list(caller, { first, after }) {
      requirePermission(caller, 'REPLAY_DELIVERIES');
      const size = pageSize(first);
      const rows = await deadLetters.list(size + 1, readPlace(after));
      return toPage(rows, size, ({ failedAt, id }) => [failedAt.toISOString(), id]);
    },
    async recorded(caller, { first, after }) {
      requirePermission(caller, 'REPLAY_DELIVERIES');
      const size = pageSize(first);
      const rows = await deadLetters.recorded(size + 1, readPlace(after));
      return toPage(rows, size, ({ recordedAt, id }) => [recordedAt.toISOString(), id]);
    },
    async replay(caller, id) {
      const { userId } = requirePermission(caller, 'REPLAY_DELIVERIES');
      if (!isUuid(id)) return null;
      const isReplayed = await deadLetters.requeue(id, new Date(options.now()));
      if (isReplayed) options.logger.info({ deliveryId: id, operatorId: userId }, 'dead letter replayed');
      return (await deadLetters.find(id)) ?? null;
    },
  };
}

function readPlace(cursor: string | null | undefined): TimePlace | undefined {
  if (typeof cursor !== 'string') return undefined;
  const [at, id] = decodeCursor(cursor, 2) as [string, string];
  const instant = new Date(at);
  if (!Number.isNaN(instant.getTime()) && isUuid(id)) return { at: instant, id };
  throw badInput('after is not a cursor of this list: pass pageInfo.endCursor as it came');
}
