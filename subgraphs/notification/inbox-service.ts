import { abortable } from '#shared/async-iteration.ts';
import { requireOwner, requireUser, type Caller } from '#shared/caller.ts';
import type { SqlClient, TransactionalClient } from '#shared/database.ts';
import { badInput, DomainError } from '#shared/errors.ts';
import { decodeCursor, pageSize, toPage, type Page } from '#shared/pagination.ts';
import type { SourceEvent } from '#shared/subscribe-with-ticks.ts';
import { isUuid } from '#shared/uuid.ts';
import type { Delivery } from './domain/delivery.ts';
import type { InboxChanges } from './inbox-changes.ts';
import { createInboxRepository, type Notification } from './inbox-repository.ts';

/** A page of an inbox; the unread ones are counted on every page together. */
export type Inbox = Page<Notification> & { unreadCount: number };

export type InboxChange = { unreadCount: number; notification: Notification | null; sequence: number };
export type InboxEvent = SourceEvent<{ inboxChanged: InboxChange }>;

export type InboxService = {
  /**
   * A page of the caller's own inbox, the newest first.
   * @throws DomainError UNAUTHENTICATED, FORBIDDEN for somebody else's, BAD_USER_INPUT for `first` or a cursor
   */
  inboxOf(
    caller: Caller,
    userId: string,
    options: { first: number; after?: string | null; unreadOnly?: boolean | null },
  ): Promise<Inbox>;
  /** Marks an entry of the caller's as read; null when there is none. @throws DomainError UNAUTHENTICATED */
  markRead(caller: Caller, id: string): Promise<Notification | null>;
  /** Marks what the caller was told until then (epoch milliseconds) as read. @throws DomainError UNAUTHENTICATED */
  markAllRead(caller: Caller, before: number | null | undefined): Promise<number>;
  /**
   * The caller's inbox as it is now, then each change; behind `after` instead, what was missed since.
   * @throws DomainError UNAUTHENTICATED or BAD_USER_INPUT; the iterator SEQUENCE_AHEAD
   */
  changes(caller: Caller, after: number | null | undefined): AsyncIterableIterator<InboxEvent>;
  /** The deliveries of each notification, whose owners the caller has been checked against. */
  deliveriesOf(notificationIds: readonly string[]): Promise<Delivery[][]>;
  /** Notifications by id, in the order of the ids, for callers who may see them. */
  notificationsOf(ids: readonly string[]): Promise<Notification[]>;
};

/** Entries that are read at once for a subscriber who has missed many. */
const batchSize = 100;

/** Inboxes: what somebody was told, and what of it is read. */
export function createInboxService<Transaction extends SqlClient>(options: {
  database: TransactionalClient<Transaction>;
  changes: InboxChanges;
  now: () => number;
}): InboxService {
  const { database, now } = options;
  const inboxes = createInboxRepository(database);

  async function* follow(userId: string, after: number | undefined, signal: AbortSignal) {
    // Before the first read: a change that comes after it is noticed.
    const watch = options.changes.watch(userId);
    try {
      const state = await inboxes.state(userId);
      if (after !== undefined && after > state.sequence) {
        throw new DomainError('SEQUENCE_AHEAD', 'This inbox has not changed as often as that', {
          details: { sequence: String(state.sequence) },
        });
      }
      let cursor = after ?? state.sequence;
      if (after === undefined) yield event(state.unreadCount, null, cursor);
      for (;;) {
        const { entries, sequence, unreadCount } = await inboxes.since(userId, cursor, batchSize);
        for (const entry of entries) yield event(unreadCount, entry, (cursor = entry.sequence));
        if (entries.length === batchSize) continue;
        if (sequence > cursor) yield event(unreadCount, null, (cursor = sequence));
        if (await watch.changed(signal)) return;
      }
    } finally {
      watch.close();
    }
  }

  return {
    async inboxOf(caller, userId, { first, after, unreadOnly }) {
      requireOwner(caller, userId);
      const size = pageSize(first);
      const before = typeof after === 'string' ? readPlace(after) : undefined;
      const rows = await inboxes.list(userId, { limit: size + 1, before, unreadOnly: unreadOnly ?? false });
      const { unreadCount } = await inboxes.state(userId);
      return { ...toPage(rows, size, ({ sequence }) => [String(sequence)]), unreadCount };
    },
    async markRead(caller, id) {
      const { userId } = requireUser(caller);
      if (!isUuid(id)) return null;
      const marked = await database.$transaction((transaction) =>
        createInboxRepository(transaction).markRead(userId, id, new Date(now())),
      );
      return marked ?? null;
    },
    async markAllRead(caller, before) {
      const { userId } = requireUser(caller);
      const until = typeof before === 'number' ? new Date(before) : undefined;
      return database.$transaction((transaction) =>
        createInboxRepository(transaction).markAllRead(userId, until, new Date(now())),
      );
    },
    changes(caller, after) {
      const { userId } = requireUser(caller);
      if ((after ?? 0) < 0) throw badInput('after is a sequence: at least 0');
      return abortable((signal) => follow(userId, after ?? undefined, signal));
    },
    async deliveriesOf(notificationIds) {
      const found = Map.groupBy(await inboxes.deliveriesOf(notificationIds), ({ notificationId }) => notificationId);
      return notificationIds.map((id) => found.get(id) ?? []);
    },
    async notificationsOf(ids) {
      const found = new Map((await inboxes.byIds(ids)).map((notification) => [notification.id, notification]));
      return ids.map((id) => found.get(id)!);
    },
  };
}

function event(unreadCount: number, notification: Notification | null, sequence: number): InboxEvent {
  return { inboxChanged: { unreadCount, notification, sequence }, sequence };
}

/** Entries are told apart by their sequence. */
function readPlace(cursor: string): number {
  const [sequence] = decodeCursor(cursor, 1) as [string];
  if (/^\d{1,15}$/.test(sequence)) return Number(sequence);
  throw badInput('after is not a cursor of this list: pass pageInfo.endCursor as it came');
}
