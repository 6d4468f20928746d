import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { aProductChange, openEventDatabase, type EventDatabase } from '../testing/event-databases.ts';
import type { DomainEvent } from './event-catalogue.ts';
import { handleOnce } from './inbox.ts';

let pricing: EventDatabase;

beforeAll(async () => {
  pricing = await openEventDatabase('pricing');
});
afterAll(() => pricing.close());

function anEvent(): DomainEvent {
  const id = randomUUID();
  const occurredAt = '2026-11-20T10:00:00.000Z';
  return { id, name: 'order.product-changed', occurredAt, correlationId: 'test', data: aProductChange() };
}

describe('an event that arrives', () => {
  it('several times at once is handled once', async () => {
    const event = anEvent();
    let handled = 0;
    const arrivals = Array.from({ length: 8 }, () =>
      handleOnce(pricing.database, event, async () => {
        handled++;
      }),
    );
    const isNew = await Promise.all(arrivals);
    expect(handled).toBe(1);
    expect(isNew.filter(Boolean)).toHaveLength(1);
  });

  it('again after it could not be handled is handled then, and nothing is left of the first attempt', async () => {
    const event = anEvent();
    const failed = handleOnce(pricing.database, event, async (transaction) => {
      await transaction.$executeRawUnsafe(
        `INSERT INTO inbox_event (event_id, name) VALUES (gen_random_uuid(), 'left')`,
      );
      throw new Error('not now');
    });
    await expect(failed).rejects.toThrow('not now');
    const left = await pricing.database.$queryRawUnsafe<unknown[]>(`SELECT 1 FROM inbox_event WHERE name = 'left'`);
    expect(left).toHaveLength(0);
    expect(await handleOnce(pricing.database, event, async () => {})).toBe(true);
    expect(await handleOnce(pricing.database, event, async () => {})).toBe(false);
  });
});
