import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startMailCatcher, type MailCatcher } from '#shared/testing/mail-catcher.ts';
import {
  anOrder,
  aUser,
  newestDeliveries,
  readInbox,
  soon,
  startNotification,
  type NotificationFixture,
} from './notification-fixture.ts';

let mail: MailCatcher;
let notification: NotificationFixture;

beforeAll(async () => {
  mail = await startMailCatcher();
  notification = await startNotification({ SMTP_URL: mail.smtpUrl });
  await notification.startWorker();
});
afterAll(async () => {
  await notification.stop();
  await mail.close();
});

const everywhere = ['EMAIL SENT', 'SMS RECORDED', 'PUSH RECORDED', 'IN_APP SENT'];
const browser = (userId: string) => ({ userId, endpoint: `https://push.example/${userId}`, p256dh: 'p', auth: 'a' });
const recorded = (recipientId: string) =>
  notification.database.recordedMessage.findMany({ where: { recipientId }, orderBy: { channel: 'asc' } });

describe('an order event', () => {
  test('is one mail, one SMS, one push message and one inbox entry', async () => {
    await notification.database.pushSubscription.create({ data: browser('user-1') });
    await notification.learn(aUser({ phone: '+491701234567' }));
    await notification.tell('order.order-placed', anOrder());
    const client = notification.clientOf('user-1');
    await soon(async () => expect(await newestDeliveries(client, 'user-1')).toEqual(everywhere));

    const { inbox } = await readInbox(client, 'user-1');
    expect(inbox).toMatchObject({ unreadCount: 1, pageInfo: { hasNextPage: false } });
    expect(inbox!.nodes).toHaveLength(1);
    expect(inbox!.nodes[0]).toMatchObject({
      category: 'ORDER',
      title: 'Order G-1000042 placed',
      body: 'Please pay US$8,246.18 until 20 Nov 2026, 10:45 UTC. The price is locked until then.',
      readAt: null,
    });
    const [first, ...others] = await mail.mailsTo('user-1@example.com');
    expect(others).toEqual([]);
    expect(first).toMatchObject({ subject: 'Order G-1000042 placed', from: [{ address: 'no-reply@gold.example' }] });
    expect(first!.text).toContain('Item: 2 × Gold bar 100 g');
    const [push, sms] = await recorded('user-1');
    expect(push).toMatchObject({ channel: 'PUSH', addresses: ['https://push.example/user-1'] });
    expect(sms).toMatchObject({ channel: 'SMS', addresses: ['+491701234567'] });
    expect(sms!.text).toMatch(/^Order G-1000042 placed\. Please pay/);
  });

  test('that is told twice, with Redis flushed in between, is still one of each', async () => {
    const customerId = 'user-2';
    await notification.database.pushSubscription.create({ data: browser(customerId) });
    await notification.learn(aUser({ userId: customerId, phone: '+491701234567' }));
    const client = notification.clientOf(customerId);
    const id = await notification.tell('order.order-placed', anOrder({ customerId }));
    await notification.redis.flush();
    await notification.tell('order.order-placed', anOrder({ customerId }), id);
    await soon(async () => expect(await newestDeliveries(client, customerId)).toEqual(everywhere));
    await notification.redis.flush();
    await notification.tell('order.order-placed', anOrder({ customerId }), id);
    await notification.tell('order.order-advanced', {
      ...anOrder({ customerId, status: 'PAID', version: 2 }),
      from: 'PENDING_PAYMENT',
    });
    await soon(async () => expect((await readInbox(client, customerId)).inbox!.nodes).toHaveLength(2));
    await soon(async () => expect(await newestDeliveries(client, customerId)).toEqual(everywhere));
    const subjects = (await mail.mailsTo(`${customerId}@example.com`)).map(({ subject }) => subject);
    expect(subjects).toEqual(['Order G-1000042 placed', 'Order G-1000042 confirmed']);
    expect(await recorded(customerId)).toHaveLength(4);
  });

  test('of one order are told in the order in which they happened, in whatever order they arrive', async () => {
    const order = { orderId: 'order-overtaken', customerId: 'user-overtaken' };
    const advanced = (status: string, version: number) => ({
      ...anOrder({ ...order, status, version }),
      from: 'PENDING_PAYMENT',
    });
    await notification.tell('order.order-advanced', advanced('SHIPPED', 4));
    await notification.tell('order.order-advanced', advanced('PROCESSING', 3));
    await notification.tell('order.order-advanced', advanced('PAID', 2));
    await notification.tell('order.order-placed', anOrder(order));
    const client = notification.clientOf(order.customerId);
    await soon(async () => expect((await readInbox(client, order.customerId)).inbox?.unreadCount).toBe(3));
    const { inbox } = await readInbox(client, order.customerId);
    expect(inbox!.nodes.map(({ title }) => title)).toEqual([
      'Order G-1000042 is on its way',
      'Order G-1000042 confirmed',
      'Order G-1000042 placed',
    ]);
  });

  test('that arrives before its customer is told at once, and sent when the customer is known', async () => {
    const customerId = 'user-3';
    await notification.tell('order.order-placed', anOrder({ customerId }));
    const client = notification.clientOf(customerId);
    await soon(async () => expect((await readInbox(client, customerId)).inbox?.unreadCount).toBe(1));
    await soon(async () => {
      const waiting = await notification.database.delivery.count({
        where: { recipientId: customerId, waitsFor: 'RECIPIENT' },
      });
      expect(waiting).toBe(3);
    });
    await notification.tell('auth.user-changed', aUser({ userId: customerId }));
    const sent = ['EMAIL SENT', 'SMS SUPPRESSED', 'PUSH SUPPRESSED', 'IN_APP SENT'];
    await soon(async () => expect(await newestDeliveries(client, customerId)).toEqual(sent));
    expect(await mail.mailsTo(`${customerId}@example.com`)).toHaveLength(1);
  });

  test('to a state that nobody has to know of tells nothing', async () => {
    const customerId = 'user-4';
    await notification.tell('order.order-advanced', { ...anOrder({ customerId, status: 'PROCESSING' }), from: 'PAID' });
    await notification.tell('order.order-advanced', {
      ...anOrder({ customerId, status: 'REFUNDED' }),
      from: 'REFUND_PENDING',
    });
    const client = notification.clientOf(customerId);
    await soon(async () => expect((await readInbox(client, customerId)).inbox?.unreadCount).toBe(1));
    const { inbox } = await readInbox(client, customerId);
    expect(inbox!.nodes.map(({ category, title }) => [category, title])).toEqual([
      ['PAYMENT', 'Order G-1000042 was refunded'],
    ]);
  });
});

test('what a channel without credentials would have sent can be read by operators', async () => {
  const document = `query ($after: String) { recordedMessages(first: 1, after: $after) {
    nodes { channel recipient { id } addresses title text recordedAt } pageInfo { hasNextPage endCursor } } }`;
  type Page = { nodes: { channel: string }[]; pageInfo: { endCursor: string } };
  const operator = notification.clientOf('operator', 'OPERATOR');
  const read = async (after?: string) =>
    (await operator.request<{ recordedMessages: Page }>(document, { after })).data!;
  const { recordedMessages: first } = await read();
  const { recordedMessages: second } = await read(first.pageInfo.endCursor);
  const channels = [...first.nodes, ...second.nodes].map(({ channel }) => channel);
  expect(channels.toSorted()).toEqual(['PUSH', 'SMS']);
  expect(first.nodes[0]).toMatchObject({ recipient: { id: 'user-2' }, title: 'Order G-1000042 confirmed' });
});

describe('what is known of a customer', () => {
  test('is the newest, in whatever order it is told', async () => {
    const userId = 'user-5';
    await notification.learn(aUser({ userId, version: 3, email: 'new@example.com' }));
    await notification.tell('auth.user-changed', aUser({ userId, version: 2, email: 'old@example.com' }));
    await notification.tell('order.order-placed', anOrder({ customerId: userId }));
    await soon(async () => expect(await mail.mailsTo('new@example.com')).toHaveLength(1));
    expect(await mail.mailsTo('old@example.com')).toEqual([]);
  });

  test('cannot put anything into a mail but text', async () => {
    const userId = 'user-6';
    const name = 'Eve <x@evil.example>, "y@evil.example"\r\nBcc: z@evil.example';
    await notification.tell('auth.user-changed', aUser({ userId, name }));
    const lines = [{ sku: 'X', name: '<script>alert(1)</script>', quantity: 1 }];
    await notification.tell('order.order-placed', anOrder({ customerId: userId, lines }));
    await soon(async () => expect(await mail.mailsTo(`${userId}@example.com`)).toHaveLength(1));
    const [received] = await mail.mailsTo(`${userId}@example.com`);
    expect(received!.to).toHaveLength(1);
    expect(received!.html).toContain('&lt;script&gt;');
    expect(received!.html).not.toContain('<script>');
    expect(await mail.mailsTo('z@evil.example')).toEqual([]);
  });
});
