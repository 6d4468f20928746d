import { abortable } from '#shared/async-iteration.ts';
import type { Caller } from '#shared/caller.ts';
import type { SqlClient } from '#shared/database.ts';
import { badInput, DomainError } from '#shared/errors.ts';
import type { SourceEvent } from '#shared/subscribe-with-ticks.ts';
import { settledOrAborted } from '#shared/waiting.ts';
import { orderAsOf, type Order } from './domain/order.ts';
import type { OrderChanges } from './order-changes.ts';
import type { OrderReadingService } from './order-reading-service.ts';
import { createOrderRepository } from './order-repository.ts';

export type OrderEvent = SourceEvent<{ orderUpdated: Order }>;

export type OrderFeed = {
  /**
   * An order as it is now, then as it was after each change, one event a version. With `after`: what followed that
   * version. It never ends by itself: to the gateway an end is a lost upstream, which it would begin anew.
   * @throws DomainError UNAUTHENTICATED, NOT_FOUND, BAD_USER_INPUT, SEQUENCE_AHEAD with `latestSequence`
   */
  follow(caller: Caller, options: { id: string; after?: number | null }): AsyncIterableIterator<OrderEvent>;
};

/** Orders as they change. What has changed is heard from PostgreSQL; what it is now is read from there. */
export function createOrderFeed(options: {
  database: SqlClient;
  reading: OrderReadingService;
  changes: OrderChanges;
}): OrderFeed {
  const orders = createOrderRepository(options.database);

  /** The order at each version behind `sent`, or only as it is now where nothing was sent. */
  async function versionsBehind(order: Order, sent: number | undefined): Promise<Order[]> {
    if (sent === undefined || sent + 1 === order.version) return [order];
    if (sent >= order.version) return [];
    const history = await orders.historyOf([order.id]);
    const versions = Array.from({ length: order.version - sent }, (_, index) => sent + 1 + index);
    return versions.map((version) => orderAsOf(order, history, version));
  }

  async function* follow(caller: Caller, { id, after }: { id: string; after?: number | null }, signal: AbortSignal) {
    let sent = after ?? undefined;
    const watch = options.changes.watch(id.toLowerCase());
    try {
      do {
        // Waiting begins before reading, so that no change falls between the two.
        const change = watch.next();
        const [order] = await options.reading.ordersOf(caller, [id]);
        if (!order) throw new DomainError('NOT_FOUND', 'There is no such order');
        refuseImpossible(after, order);
        for (const version of await versionsBehind(order, sent)) {
          yield { orderUpdated: version, sequence: version.version };
          sent = version.version;
        }
        await settledOrAborted(change, signal);
      } while (!signal.aborted);
    } finally {
      watch.release();
    }
  }

  return { follow: (caller, which) => abortable((signal) => follow(caller, which, signal)) };
}

function refuseImpossible(after: number | null | undefined, { version }: Order): void {
  if (typeof after !== 'number' || (after >= 0 && after <= version)) return;
  if (after < 0) throw badInput('after must not be negative');
  const details = { latestSequence: String(version) };
  throw new DomainError('SEQUENCE_AHEAD', `The order has not reached version ${after} yet`, { details });
}
