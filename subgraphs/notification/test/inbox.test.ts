import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { notify } from '../notification-service.ts';
import { anOrder, readInbox, soon, startNotification, type NotificationFixture } from './notification-fixture.ts';

let notification: NotificationFixture;

beforeAll(async () => {
  notification = await startNotification();
});
afterAll(() => notification.stop());

/** Tells a user of an order with this number, in a transaction of its own. */
function tell(userId: string, number: string, dedupeKey: string = randomUUID()) {
  return notification.database.$transaction((transaction) =>
    notify(transaction, {
      recipientId: userId,
      dedupeKey,
      category: 'ORDER',
      kind: 'order-placed',
      data: anOrder({ customerId: userId, number }),
      now: new Date(),
    }),
  );
}

type Change = {
  inboxChanged: { unreadCount: number; notification: { id: string; title: string } | null; sequence: string };
};

function follow(userId: string, after?: string) {
  const document = /* GraphQL */ `
    subscription InboxChanged($after: BigInt) {
      inboxChanged(after: $after) {
        unreadCount
        notification {
          id
          title
        }
        sequence
      }
    }
  `;
  const events = notification.clientOf(userId).subscribe<Change>(document, { after });
  return {
    ...events,
    /** The unread count and the title of each of the next events. */
    async told(count: number) {
      return (await events.take(count)).map(({ data, errors }) => {
        expect(errors).toBeUndefined();
        const { unreadCount, notification: entry } = data!.inboxChanged;
        return [unreadCount, entry && entry.title.replace(/^Order (.*) placed$/, '$1')];
      });
    },
  };
}

async function markRead(userId: string, id: string) {
  const document = 'mutation ($id: ID!) { markNotificationRead(id: $id) { id readAt } }';
  type Data = { markNotificationRead: { id: string; readAt: string } | null };
  return (await notification.clientOf(userId).request<Data>(document, { id })).data!.markNotificationRead;
}

async function markAllRead(userId: string, before?: string) {
  const document = 'mutation ($before: DateTime) { markAllNotificationsRead(before: $before) }';
  type Data = { markAllNotificationsRead: number };
  return (await notification.clientOf(userId).request<Data>(document, { before })).data!.markAllNotificationsRead;
}

describe('an inbox', () => {
  test('is paged, the newest first, and can be asked for what is unread', async () => {
    for (const number of ['1', '2', '3', '4', '5']) await tell('reader', number);
    const client = notification.clientOf('reader');
    const titles = async (page: object) => {
      const { inbox } = await readInbox(client, 'reader', page);
      return [inbox!.nodes.map(({ title }) => title.at(6)).join(''), inbox!.pageInfo.endCursor] as const;
    };
    const [first, cursor] = await titles({ first: 2 });
    expect(first).toBe('54');
    const [second, next] = await titles({ first: 2, after: cursor });
    expect(second).toBe('32');
    expect((await titles({ first: 2, after: next }))[0]).toBe('1');
    const { inbox } = await readInbox(client, 'reader');
    await markRead('reader', inbox!.nodes[1]!.id);
    expect((await titles({ unreadOnly: true }))[0]).toBe('5321');
    expect((await readInbox(client, 'reader')).inbox).toMatchObject({ unreadCount: 4 });
  });

  test('is nobody else’s, whoever asks', async () => {
    await tell('owner', '1');
    for (const client of [notification.clientOf('other'), notification.clientOf('other', 'ADMIN')]) {
      const { inbox, errors } = await readInbox(client, 'owner');
      expect(inbox).toBeNull();
      expect(errors).toMatchObject([{ extensions: { code: 'FORBIDDEN' } }]);
    }
    const { errors } = await readInbox(notification.clientOf(), 'owner');
    expect(errors).toMatchObject([{ extensions: { code: 'UNAUTHENTICATED' } }]);
  });

  test.each([{ first: 0 }, { first: 101 }, { after: 'nonsense' }])('is refused for %j', async (page) => {
    const { errors } = await readInbox(notification.clientOf('reader'), 'reader', page);
    expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }]);
  });

  test('has what is told twice once, even at the same moment', async () => {
    const key = randomUUID();
    await Promise.all(Array.from({ length: 5 }, () => tell('twice', '1', key)));
    expect((await readInbox(notification.clientOf('twice'), 'twice')).inbox).toMatchObject({ unreadCount: 1 });
  });
});

describe('an entry', () => {
  test('is read once, and stays read since then', async () => {
    const id = (await tell('marker', '1'))!;
    const first = await markRead('marker', id);
    expect(first!.readAt).not.toBeNull();
    expect(await markRead('marker', id)).toEqual(first);
    expect((await readInbox(notification.clientOf('marker'), 'marker')).inbox).toMatchObject({ unreadCount: 0 });
  });

  test('of somebody else cannot be marked, nor told from one that does not exist', async () => {
    const id = (await tell('marker', '2'))!;
    expect(await markRead('other', id)).toBeNull();
    expect(await markRead('other', randomUUID())).toBeNull();
    expect(await markRead('other', 'nonsense')).toBeNull();
    expect((await readInbox(notification.clientOf('marker'), 'marker')).inbox).toMatchObject({ unreadCount: 1 });
  });

  test('is marked with all others that came until an instant', async () => {
    await tell('all', '1');
    await tell('all', '2');
    const { inbox } = await readInbox(notification.clientOf('all'), 'all');
    const before = inbox!.nodes[0]!.createdAt;
    await soon(() => expect(Date.now()).toBeGreaterThan(Date.parse(before)));
    await tell('all', '3');
    expect(await markAllRead('all', before)).toBe(2);
    expect(await markAllRead('all')).toBe(1);
    expect(await markAllRead('all')).toBe(0);
  });
});

describe('a subscription to an inbox', () => {
  test('begins with how it is, then has each new entry, and what was read', async () => {
    await tell('live', '1');
    const events = follow('live');
    expect(await events.told(1)).toEqual([[1, null]]);
    const id = (await tell('live', '2'))!;
    expect(await events.told(1)).toEqual([[2, '2']]);
    await markRead('live', id);
    expect(await events.told(1)).toEqual([[1, null]]);
    await markAllRead('live');
    expect(await events.told(1)).toEqual([[0, null]]);
    await events.return();
  });

  test('has every entry once and in order, however many are made at the same moment', async () => {
    const events = follow('busy');
    expect(await events.told(1)).toEqual([[0, null]]);
    const numbers = Array.from({ length: 60 }, (_, index) => String(index));
    const told = Promise.all(numbers.map((number) => tell('busy', number)));
    const received = await events.take(numbers.length);
    await told;
    const sequences = received.map(({ data }) => Number(data!.inboxChanged.sequence));
    expect(sequences).toEqual(numbers.map((_, index) => index + 1));
    expect(new Set(received.map(({ data }) => data!.inboxChanged.notification!.id)).size).toBe(numbers.length);
    await events.return();
  });

  test('continues behind a sequence with what was missed', async () => {
    const events = follow('away');
    await events.told(1);
    await tell('away', '1');
    const [seen] = await events.take(1);
    expect(seen!.extensions).toEqual({ sequence: 1 });
    await events.return();
    const id = (await tell('away', '2'))!;
    await tell('away', '3');
    await markRead('away', id);
    const again = follow('away', seen!.data!.inboxChanged.sequence);
    expect(await again.told(3)).toEqual([
      [2, '2'],
      [2, '3'],
      [2, null],
    ]);
    await tell('away', '4');
    expect(await again.told(1)).toEqual([[3, '4']]);
    await again.return();
  });

  test('that has missed nothing begins with what comes next', async () => {
    await tell('current', '1');
    const events = follow('current', '1');
    const next = events.told(1);
    await tell('current', '2');
    expect(await next).toEqual([[2, '2']]);
    await events.return();
  });

  test('is told of what came while the connection that hears of it was lost', async () => {
    const events = follow('lost');
    await events.told(1);
    await notification.database.$executeRawUnsafe(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE datname = current_database() AND query LIKE 'LISTEN%'`,
    );
    await tell('lost', '1');
    expect(await events.told(1)).toEqual([[1, '1']]);
    await events.return();
  });

  test.each([
    ['nobody', '', undefined, 'UNAUTHENTICATED'],
    ['a sequence below nothing', 'live', '-1', 'BAD_USER_INPUT'],
    ['a sequence that has not come yet', 'live', '4711', 'SEQUENCE_AHEAD'],
  ])('is refused for %s', async (_what, userId, after, code) => {
    const refusal = await follow(userId, after)
      .next()
      .then(
        ({ errors }) => errors?.[0],
        (errors: readonly unknown[]) => errors[0],
      );
    expect(refusal).toMatchObject({ extensions: { code } });
  });

  test('shows nothing of anybody else’s', async () => {
    const events = follow('private');
    await events.told(1);
    await tell('somebody', '1');
    await tell('private', '2');
    expect(await events.told(1)).toEqual([[1, '2']]);
    await events.return();
  });
});
