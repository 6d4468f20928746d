import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createDeliveryRepository } from '../delivery-repository.ts';
import type { Channel } from '../domain/preference.ts';
import { notifyAll, type Telling } from '../notification-service.ts';
import { anOrder, aUser, startNotification, type NotificationFixture } from './notification-fixture.ts';

let notification: NotificationFixture;
beforeAll(async () => {
  notification = await startNotification();
});
afterAll(() => notification.stop());

/** That an order with this number was placed; the number is also what it is told once by. */
const aTelling = (recipientId: string, number: string, channels?: Channel[]): Telling => ({
  recipientId,
  dedupeKey: number,
  category: 'ORDER',
  kind: 'order-placed',
  data: anOrder({ customerId: recipientId, number }),
  ...(channels && { channels }),
  now: new Date(),
});

const tellAll = (...tellings: Telling[]) =>
  notification.database.$transaction((transaction) => notifyAll(transaction, tellings));

/** `1 A` for the first entry, which tells of the order A, and so on; and how many count as unread. */
async function inboxOf(recipientId: string) {
  const { database } = notification;
  const entries = await database.notification.findMany({ where: { recipientId }, orderBy: { sequence: 'asc' } });
  const inbox = await database.inbox.findUnique({ where: { userId: recipientId } });
  return {
    entries: entries.map(({ sequence, title }) => `${sequence} ${title.replace(/^Order (.*) placed$/, '$1')}`),
    sequence: Number(inbox?.sequence ?? 0),
    unreadCount: inbox?.unreadCount ?? 0,
  };
}

async function channelsOf(recipientId: string): Promise<string[]> {
  const deliveries = await notification.database.delivery.findMany({ where: { recipientId } });
  return deliveries.map(({ channel, status }) => `${channel} ${status}`).toSorted();
}

describe('many notifications that are told at once', () => {
  test('come into each inbox in the order given, one after the other', async () => {
    const ids = await tellAll(
      aTelling('ordered-2', 'A'),
      aTelling('ordered-1', 'C'),
      aTelling('ordered-1', 'B'),
      aTelling('ordered-2', 'D'),
      aTelling('ordered-1', 'A'),
    );
    expect(new Set(ids).size).toBe(5);
    expect(await inboxOf('ordered-1')).toEqual({ entries: ['1 C', '2 B', '3 A'], sequence: 3, unreadCount: 3 });
    expect(await inboxOf('ordered-2')).toEqual({ entries: ['1 A', '2 D'], sequence: 2, unreadCount: 2 });
    const [first] = await notification.database.notification.findMany({ where: { id: ids[1]! } });
    expect(first).toMatchObject({ recipientId: 'ordered-1', dedupeKey: 'C' });
  });

  test('leave out what was told before or is given twice, without a gap in the sequence', async () => {
    await tellAll(aTelling('again', 'A'));
    const ids = await tellAll(
      aTelling('again', 'B'),
      aTelling('again', 'A'),
      aTelling('again', 'B'),
      aTelling('again', 'C'),
    );
    expect(ids).toEqual([expect.any(String), undefined, undefined, expect.any(String)]);
    expect(await inboxOf('again')).toEqual({ entries: ['1 A', '2 B', '3 C'], sequence: 3, unreadCount: 3 });
    expect(await channelsOf('again')).toHaveLength(3 * 4);
  });

  test('go out to each by the channels that were chosen, or that they are given', async () => {
    await notification.database.notificationPreference.createMany({
      data: [
        { userId: 'no-sms', category: 'ORDER', channel: 'SMS', enabled: false },
        { userId: 'inbox-only', category: 'ORDER', channel: 'SMS', enabled: false },
        { userId: 'inbox-only', category: 'ORDER', channel: 'PUSH', enabled: false },
        { userId: 'inbox-only', category: 'ORDER', channel: 'EMAIL', enabled: false },
        { userId: 'given', category: 'ORDER', channel: 'SMS', enabled: false },
      ],
    });
    const users = ['as-everybody', 'no-sms', 'inbox-only'];
    await tellAll(...users.map((userId) => aTelling(userId, 'A')), aTelling('given', 'A', ['SMS']));
    expect(await channelsOf('as-everybody')).toEqual(['EMAIL QUEUED', 'IN_APP SENT', 'PUSH QUEUED', 'SMS QUEUED']);
    expect(await channelsOf('no-sms')).toEqual(['EMAIL QUEUED', 'IN_APP SENT', 'PUSH QUEUED']);
    expect(await channelsOf('inbox-only')).toEqual(['IN_APP SENT']);
    expect(await channelsOf('given')).toEqual(['IN_APP SENT', 'SMS QUEUED']);
  });

  test('are written in the locale of each recipient', async () => {
    await notification.database.recipient.createMany({
      data: [aUser({ userId: 'british', locale: 'en-GB' }), aUser({ userId: 'american', locale: 'en-US' })],
    });
    await tellAll(aTelling('british', 'A'), aTelling('american', 'A'));
    const rows = await notification.database.notification.findMany({
      where: { recipientId: { in: ['british', 'american'] } },
      orderBy: { recipientId: 'asc' },
    });
    // A dollar is not the only dollar in Britain.
    expect(rows.map(({ body }) => body.includes('US$'))).toEqual([false, true]);
  });

  test('are told all or, where one cannot be written, none', async () => {
    const broken = { ...aTelling('all-or-none', 'B'), data: {} };
    await expect(tellAll(aTelling('all-or-none', 'A'), broken)).rejects.toThrow();
    expect(await inboxOf('all-or-none')).toEqual({ entries: [], sequence: 0, unreadCount: 0 });
    expect(await tellAll()).toEqual([]);
  });

  test('do not wait for deliveries to the same users that are on their way', async () => {
    const { database } = notification;
    await tellAll(aTelling('on-its-way', 'A'));
    const { id } = await database.delivery.findFirstOrThrow({
      where: { recipientId: 'on-its-way', status: 'QUEUED' },
    });
    await database.$transaction(async (transaction) => {
      const due = await createDeliveryRepository(transaction).lockDue(id, new Date());
      expect(due).toMatchObject({ recipientId: 'on-its-way' });
      await tellAll(aTelling('on-its-way', 'B'));
    });
    expect(await inboxOf('on-its-way')).toEqual({ entries: ['1 A', '2 B'], sequence: 2, unreadCount: 2 });
  });

  test('reach the same users from many sides at once, each once, and nobody waits for ever', async () => {
    const users = Array.from({ length: 30 }, (_, index) => `crowd-${index}`);
    const rounds = Array.from({ length: 12 }, (_, round) => {
      const inTurn = [...users.slice(round), ...users.slice(0, round)];
      const order = round % 2 ? inTurn.toReversed() : inTurn;
      return tellAll(...order.flatMap((user) => [aTelling(user, `own-${round}`), aTelling(user, 'shared')]));
    });
    const told = await Promise.all(rounds);
    expect(told.flat().filter((id) => id !== undefined)).toHaveLength(users.length * (rounds.length + 1));
    for (const user of users) {
      const { entries, ...counts } = await inboxOf(user);
      expect(counts).toEqual({ sequence: 13, unreadCount: 13 });
      expect(entries.map((entry) => Number.parseInt(entry, 10))).toEqual(Array.from({ length: 13 }, (_, n) => n + 1));
      expect(entries.filter((entry) => entry.endsWith(' shared'))).toHaveLength(1);
    }
  });
});
