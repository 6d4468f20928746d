import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import {
  anOrder,
  aUser,
  newestDeliveries,
  readInbox,
  soon,
  startNotification,
  type NotificationFixture,
} from './notification-fixture.ts';
import { startSmtpServer, type SmtpServer } from './smtp-server.ts';

let notification: NotificationFixture;
let smtp: SmtpServer | undefined;
let worker: Awaited<ReturnType<NotificationFixture['startWorker']>> | undefined;

beforeAll(async () => {
  notification = await startNotification();
});
afterEach(async () => {
  await notification.stopWorkers();
  await smtp?.stop();
  [worker, smtp] = [undefined, undefined];
});
afterAll(() => notification.stop());

const operator = () => notification.clientOf('operator', 'OPERATOR');
const mailOf = (recipientId: string) =>
  notification.database.delivery.findFirstOrThrow({
    where: { recipientId, channel: 'EMAIL' },
    orderBy: { id: 'desc' },
  });
const statusOf = async (userId: string) =>
  (await newestDeliveries(notification.clientOf(userId), userId)).find((delivery) => delivery.startsWith('EMAIL'));

/** Tells of an order of a customer who has an e-mail address only. */
async function order(customerId: string): Promise<void> {
  await notification.learn(aUser({ userId: customerId }));
  await notification.tell('order.order-placed', anOrder({ customerId }));
}

type DeadLetters = {
  deadLetters: {
    nodes: {
      id: string;
      channel: string;
      reason: string;
      failedAt: string;
      attempts: number;
      notification: { title: string };
    }[];
    pageInfo: { hasNextPage: boolean; endCursor: string | null };
  };
};

async function deadLetters(first = 50, after?: string | null) {
  const document = `query ($first: Int!, $after: String) { deadLetters(first: $first, after: $after) {
    nodes { id channel reason failedAt attempts notification { id title } } pageInfo { hasNextPage endCursor } } }`;
  const { data } = await operator().request<DeadLetters>(document, { first, after });
  return data!.deadLetters;
}

async function replay(id: string, client = operator()) {
  const document = 'mutation ($id: ID!) { replayDeadLetter(id: $id) { id status } }';
  type Data = { replayDeadLetter: { id: string; status: string } | null };
  const { data, errors } = await client.request<Data>(document, { id });
  return errors ? errors[0]!.extensions!.code : data!.replayDeadLetter;
}

describe('a delivery', () => {
  test('waits while the mail server is down, and is made when it is back', async () => {
    const down = await startSmtpServer({});
    await down.stop();
    worker = await notification.startWorker({ SMTP_URL: down.url, DELIVERY_MAX_ATTEMPTS: '50' });
    await order('patient');
    await soon(async () => expect((await mailOf('patient')).attempts).toBeGreaterThanOrEqual(2));
    const { inbox } = await readInbox(notification.clientOf('patient'), 'patient');
    const [email] = inbox!.nodes[0]!.deliveries;
    expect(email).toMatchObject({ channel: 'EMAIL', sentAt: null });
    // Whom it is for need not know where the server stands.
    expect(email!.lastError).toBe('It could not be delivered yet and is tried again');
    expect((await mailOf('patient')).lastError).toMatch(/ECONNREFUSED/);

    smtp = await startSmtpServer({ port: Number(new URL(down.url).port) });
    await soon(async () => expect(await statusOf('patient')).toBe('EMAIL SENT'));
    expect(smtp.taken).toHaveLength(1);
    expect((await mailOf('patient')).lastError).toBeNull();
  });

  test('that the server puts off is tried again', async () => {
    let puttingOff = 2;
    smtp = await startSmtpServer({ answerTo: () => (puttingOff-- > 0 ? '451 4.7.1 try again later' : '250 ok') });
    worker = await notification.startWorker({ SMTP_URL: smtp.url });
    await order('later');
    await soon(async () => expect(await statusOf('later')).toBe('EMAIL SENT'));
    expect(await mailOf('later')).toMatchObject({ attempts: 3 });
  });

  test('whose attempt was lost with its worker is tried again by another, under the same Message-ID', async () => {
    smtp = await startSmtpServer({});
    worker = await notification.startWorker({ SMTP_URL: smtp.url });
    await order('killed');
    await soon(async () => expect(await statusOf('killed')).toBe('EMAIL SENT'));
    // As a worker leaves it that is killed between the server's yes and its own commit.
    const { id } = await mailOf('killed');
    const lost = { status: 'SENDING', sentAt: null, dueAt: new Date(Date.now() - 1) };
    await notification.database.delivery.update({ where: { id }, data: lost });
    await soon(async () => expect(await statusOf('killed')).toBe('EMAIL SENT'));
    expect(await mailOf('killed')).toMatchObject({ attempts: 2 });
    expect(smtp.taken).toEqual([`<${id}@gold.example>`, `<${id}@gold.example>`]);
  });

  test('whose worker is killed while the server hesitates is made by another', async () => {
    let isHesitating = true;
    smtp = await startSmtpServer({ afterData: () => (isHesitating ? 'HANG' : 'TAKE') });
    const killed = await notification.spawnWorker({ SMTP_URL: smtp.url, DELIVERY_LEASE_MS: '1000' });
    await order('hesitant');
    await soon(() => expect(smtp!.taken).not.toHaveLength(0));
    await killed.kill();
    expect(await statusOf('hesitant')).toBe('EMAIL SENDING');
    isHesitating = false;
    worker = await notification.startWorker({ SMTP_URL: smtp.url });
    await soon(async () => expect(await statusOf('hesitant')).toBe('EMAIL SENT'));
    expect((await mailOf('hesitant')).attempts).toBeGreaterThanOrEqual(2);
    expect(new Set(smtp.taken).size).toBe(1);
  });

  test('that somebody is making is left alone until the lease ends', async () => {
    smtp = await startSmtpServer({});
    worker = await notification.startWorker({ SMTP_URL: smtp.url });
    await order('leased');
    await soon(async () => expect(await statusOf('leased')).toBe('EMAIL SENT'));
    const { id } = await mailOf('leased');
    const dueAt = new Date(Date.now() + 300);
    await notification.database.delivery.update({ where: { id }, data: { status: 'SENDING', sentAt: null, dueAt } });
    await soon(async () => expect(await statusOf('leased')).toBe('EMAIL SENT'));
    expect((await mailOf('leased')).sentAt!.getTime()).toBeGreaterThanOrEqual(dueAt.getTime());
  });

  test('that brings its worker down each time is given up', async () => {
    smtp = await startSmtpServer({});
    worker = await notification.startWorker({ SMTP_URL: smtp.url, DELIVERY_MAX_ATTEMPTS: '3' });
    await order('poison');
    await soon(async () => expect(await statusOf('poison')).toBe('EMAIL SENT'));
    const { id } = await mailOf('poison');
    const lost = { status: 'SENDING', attempts: 3, sentAt: null, dueAt: new Date(Date.now() - 1) };
    await notification.database.delivery.update({ where: { id }, data: lost });
    await soon(async () => expect(await statusOf('poison')).toBe('EMAIL FAILED'));
    expect(smtp.taken).toHaveLength(1);
  });

  test('whose answer is lost is repeated under the same Message-ID', async () => {
    let drops = 1;
    smtp = await startSmtpServer({ afterData: () => (drops-- > 0 ? 'CUT' : 'TAKE') });
    worker = await notification.startWorker({ SMTP_URL: smtp.url });
    await order('dropped');
    await soon(async () => expect(await statusOf('dropped')).toBe('EMAIL SENT'));
    expect(new Set(smtp.taken).size).toBe(1);
    expect(smtp.taken).toHaveLength(2);
  });

  test('is made once by several workers, although Redis is flushed again and again', async () => {
    smtp = await startSmtpServer({});
    for (let count = 0; count < 3; count++) await notification.startWorker({ SMTP_URL: smtp.url });
    await notification.learn(aUser({ userId: 'many' }));
    const tellAll = (ids: (string | undefined)[]) =>
      Promise.all(ids.map((id) => notification.tell('order.order-placed', anOrder({ customerId: 'many' }), id)));
    const ids = await tellAll(Array.from({ length: 20 }, () => undefined));
    for (let count = 0; count < 4; count++) {
      await notification.redis.flush();
      await tellAll(ids);
    }
    const where = { recipientId: 'many', channel: 'EMAIL', status: 'SENT' };
    await soon(async () => expect(await notification.database.delivery.count({ where })).toBe(ids.length));
    expect(smtp.taken).toHaveLength(ids.length);
    expect(new Set(smtp.taken).size).toBe(ids.length);
  });
});

describe('a dead letter', () => {
  const refusing = async (isRefusing: () => boolean) => {
    smtp = await startSmtpServer({ answerTo: () => (isRefusing() ? '550 5.1.1 no such user' : '250 ok') });
    worker = await notification.startWorker({ SMTP_URL: smtp.url });
  };

  test('is made at once where the server knows no such recipient, and sent when an operator replays it', async () => {
    let isRefusing = true;
    await refusing(() => isRefusing);
    await order('unknown');
    await soon(async () => expect(await statusOf('unknown')).toBe('EMAIL FAILED'));
    expect(smtp!.recipients).toHaveLength(1);
    const dead = (await deadLetters()).nodes[0]!;
    expect(dead).toMatchObject({ channel: 'EMAIL', attempts: 1, notification: { title: 'Order G-1000042 placed' } });
    expect(dead.reason).toContain('550 5.1.1 no such user');
    const { inbox } = await readInbox(notification.clientOf('unknown'), 'unknown');
    expect(inbox!.nodes[0]!.deliveries[0]!.lastError).toBe('It could not be delivered');

    isRefusing = false;
    expect(await replay(dead.id)).toEqual({ id: dead.id, status: 'QUEUED' });
    await soon(async () => expect(await statusOf('unknown')).toBe('EMAIL SENT'));
    expect((await deadLetters()).nodes.map(({ id }) => id)).not.toContain(dead.id);
    // It is none any more: nothing is sent again.
    expect(await replay(dead.id)).toEqual({ id: dead.id, status: 'SENT' });
    expect(smtp!.taken).toHaveLength(1);
  });

  test('is made after the last attempt', async () => {
    smtp = await startSmtpServer({ answerTo: () => '451 4.7.1 try again later' });
    worker = await notification.startWorker({ SMTP_URL: smtp.url, DELIVERY_MAX_ATTEMPTS: '3', DELIVERY_RETRY_MS: '5' });
    await order('hopeless');
    await soon(async () => expect(await statusOf('hopeless')).toBe('EMAIL FAILED'));
    expect(smtp.recipients).toHaveLength(3);
  });

  test('is made where no event ever tells of the recipient', async () => {
    smtp = await startSmtpServer({});
    worker = await notification.startWorker({ SMTP_URL: smtp.url, DELIVERY_RECIPIENT_WAIT_MS: '0' });
    await notification.tell('order.order-placed', anOrder({ customerId: 'nobody' }));
    await soon(async () => expect(await statusOf('nobody')).toBe('EMAIL FAILED'));
    expect(await mailOf('nobody')).toMatchObject({ lastError: 'the recipient is not known', attempts: 0 });
  });

  test('is counted, and each is on one page, the newest first', async () => {
    await refusing(() => true);
    for (const customerId of ['dead-1', 'dead-2', 'dead-3']) {
      await order(customerId);
      await soon(async () => expect(await statusOf(customerId)).toBe('EMAIL FAILED'));
    }
    const all = (await deadLetters()).nodes;
    const metrics = await (await fetch(`http://127.0.0.1:${worker!.port}/metrics`)).text();
    expect(metrics).toContain(`gold_dead_letters{service="notification-worker"} ${all.length}`);
    expect(metrics).toMatch(/gold_deliveries_total\{channel="EMAIL",status="FAILED",service="notification-worker"\} 3/);
    const paged: string[] = [];
    let after: string | null = null;
    do {
      const page: DeadLetters['deadLetters'] = await deadLetters(2, after);
      paged.push(...page.nodes.map(({ id }) => id));
      after = page.pageInfo.hasNextPage ? page.pageInfo.endCursor : null;
    } while (after);
    expect(paged).toEqual(all.map(({ id }) => id));
  });

  test('is for operators only', async () => {
    const { id } = (await deadLetters(1)).nodes[0]!;
    expect(await replay(id, notification.clientOf('unknown'))).toBe('FORBIDDEN');
    expect(await replay(id, notification.clientOf())).toBe('UNAUTHENTICATED');
    for (const list of ['deadLetters', 'recordedMessages']) {
      const { errors } = await notification.clientOf('unknown').request(`{ ${list}(first: 1) { nodes { id } } }`);
      expect(errors).toMatchObject([{ extensions: { code: 'FORBIDDEN' } }]);
    }
    expect(await replay('nonsense')).toBeNull();
    expect(await replay('01a1f916-bcdb-7a42-b55d-88604aa14232')).toBeNull();
  });
});
