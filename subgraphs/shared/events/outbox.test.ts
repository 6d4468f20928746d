import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { withCorrelation } from '../correlation.ts';
import { aProductChange, openEventDatabase, type EventDatabase } from '../testing/event-databases.ts';
import { recordEvent } from './outbox.ts';

let order: EventDatabase;

beforeAll(async () => {
  order = await openEventDatabase('order');
});
afterAll(() => order.close());

const occurredAt = new Date('2026-11-20T10:00:00.123Z');

describe('an event', () => {
  it('is recorded for each of its consumers, with the correlation id of what caused it', async () => {
    const id = await withCorrelation('request-1', () =>
      order.database.$transaction((transaction) =>
        recordEvent(transaction, 'order.product-changed', aProductChange(), occurredAt),
      ),
    );
    const rows = await order.database.outboxMessage.findMany({ where: { eventId: id } });
    expect(rows).toMatchObject([
      {
        name: 'order.product-changed',
        consumer: 'pricing',
        correlationId: 'request-1',
        occurredAt,
        data: aProductChange(),
        acknowledgedAt: null,
      },
    ]);
  });

  it('of a change that is rolled back is told to nobody', async () => {
    const before = await order.database.outboxMessage.count();
    const change = order.database.$transaction(async (transaction) => {
      await recordEvent(transaction, 'order.product-changed', aProductChange(), occurredAt);
      throw new Error('changed my mind');
    });
    await expect(change).rejects.toThrow('changed my mind');
    expect(await order.database.outboxMessage.count()).toBe(before);
  });

  it('with data that is not what the catalogue says is refused', async () => {
    const data = aProductChange({ version: 0 });
    await expect(recordEvent(order.database, 'order.product-changed', data, occurredAt)).rejects.toThrow('version');
  });
});
