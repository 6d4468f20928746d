import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import webPush from 'web-push';
import { anOrder, aUser, soon, startNotification, type NotificationFixture } from './notification-fixture.ts';
import { createBrowser, startPushService, type Browser, type PushService } from './push-service.ts';

const answers: Record<string, number[]> = {};
let push: PushService;
let notification: NotificationFixture;

beforeAll(async () => {
  const { publicKey, privateKey } = webPush.generateVAPIDKeys();
  push = await startPushService((path) => answers[path]?.shift() ?? 201);
  notification = await startNotification();
  await notification.startWorker(
    { VAPID_SUBJECT: 'mailto:ops@gold.example', VAPID_PUBLIC_KEY: publicKey, VAPID_PRIVATE_KEY: privateKey },
    { pushAgent: push.agent },
  );
});
afterAll(async () => {
  await notification.stop();
  await push.stop();
});

/** Tells a user with these browsers of an order, and waits until the push messages are done with. */
async function pushTo(userId: string, ...browsers: Browser[]) {
  await notification.learn(aUser({ userId }));
  for (const { endpoint, p256dh, auth } of browsers) {
    const document = `mutation ($input: RegisterPushSubscriptionInput!) { registerPushSubscription(input: $input) { __typename } }`;
    const { data } = await notification.clientOf(userId).request(document, { input: { endpoint, p256dh, auth } });
    expect(data).toEqual({ registerPushSubscription: { __typename: 'PushSubscription' } });
  }
  const before = await notification.database.delivery.count({ where: { recipientId: userId, channel: 'PUSH' } });
  await notification.tell('order.order-placed', anOrder({ customerId: userId }));
  const where = { recipientId: userId, channel: 'PUSH' };
  const find = () => notification.database.delivery.findFirst({ where, orderBy: { id: 'desc' } });
  await soon(async () => expect(await notification.database.delivery.count({ where })).toBe(before + 1));
  await soon(async () => expect(await find()).toMatchObject({ dueAt: null }));
  return (await find())!;
}

const received = (name: string) => push.received.filter(({ path }) => path === `/${name}`);

describe('a push message', () => {
  test('reaches every browser, and only they can read it', async () => {
    const [one, other] = [createBrowser('one'), createBrowser('other')];
    const { id, status } = await pushTo('anna', one, other);
    expect(status).toBe('SENT');
    const title = 'Order G-1000042 placed';
    for (const [name, browser] of [
      ['one', one],
      ['other', other],
    ] as const) {
      const [message, ...more] = received(name);
      expect(more).toEqual([]);
      expect(message!.headers).toMatchObject({ 'content-encoding': 'aes128gcm', ttl: '86400' });
      expect(message!.headers.authorization).toMatch(/^vapid t=/);
      expect(browser.read(message!.body)).toEqual({ id, title, body: expect.stringMatching(/^Please pay/) });
    }
    expect(() => other.read(received('one')[0]!.body)).toThrow();
  });

  test('is not given twice to a browser that has it while another is tried again', async () => {
    answers['/slow'] = [503, 429];
    const { status, attempts } = await pushTo('bert', createBrowser('quick'), createBrowser('slow'));
    expect([status, attempts]).toEqual(['SENT', 3]);
    expect(received('quick')).toHaveLength(1);
    expect(received('slow')).toHaveLength(3);
  });

  test.each([404, 410])('to a browser that is gone (%p) removes it', async (gone) => {
    answers[`/gone-${gone}`] = [gone];
    const { status } = await pushTo(`carl-${gone}`, createBrowser(`gone-${gone}`), createBrowser(`here-${gone}`));
    expect(status).toBe('SENT');
    const left = await notification.database.pushSubscription.findMany({ where: { userId: `carl-${gone}` } });
    expect(left.map(({ endpoint }) => endpoint)).toEqual([`https://push.example/here-${gone}`]);
  });

  test('that every browser refuses is a dead letter', async () => {
    answers['/full'] = [413];
    expect(await pushTo('emil', createBrowser('full'))).toMatchObject({
      status: 'FAILED',
      attempts: 1,
      lastError: '413',
    });
  });

  test('that no browser is left for is not sent, nor is the next one', async () => {
    answers['/last'] = [410];
    expect((await pushTo('dora', createBrowser('last'))).status).toBe('SUPPRESSED');
    expect((await pushTo('dora')).status).toBe('SUPPRESSED');
    expect(received('last')).toHaveLength(1);
  });
});
