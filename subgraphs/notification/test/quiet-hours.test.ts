import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { DateTime } from 'luxon';
import { notify } from '../notification-service.ts';
import type { Category } from '../domain/preference.ts';
import { startMailCatcher, type MailCatcher } from '#shared/testing/mail-catcher.ts';
import {
  anOrder,
  aUser,
  newestDeliveries,
  soon,
  startNotification,
  type NotificationFixture,
} from './notification-fixture.ts';
import { startSmtpServer } from './smtp-server.ts';

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

/** Hours that hold now: from two hours ago to two hours from now, by the clock of UTC. */
function now() {
  const local = (hours: number) => DateTime.utc().plus({ hours }).toFormat('HH:mm');
  return { timeZone: 'UTC', from: local(-2), to: local(2) };
}

type Result = { __typename: string; issues?: { path: string[] }[]; timeZone?: string };

async function setQuietHours(userId: string, input: object) {
  const document = `mutation ($input: SetQuietHoursInput!) { setQuietHours(input: $input) { __typename
    ... on QuietHours { timeZone from to behaviour } ... on InvalidInputError { issues { path } } } }`;
  const { data } = await notification.clientOf(userId).request<{ setQuietHours: Result }>(document, { input });
  return data!.setQuietHours;
}

async function removeQuietHours(userId: string) {
  const { data } = await notification
    .clientOf(userId)
    .request<{ removeQuietHours: boolean }>('mutation { removeQuietHours }');
  return data!.removeQuietHours;
}

async function quietHours(userId: string, asker = userId) {
  const document = `query ($id: ID!) { _entities(representations: [{ __typename: "User", id: $id }]) {
    ... on User { quietHours { timeZone from to behaviour } } } }`;
  type Data = { _entities: [{ quietHours: object | null }] };
  return (await notification.clientOf(asker).request<Data>(document, { id: userId })).data!._entities[0].quietHours;
}

function tell(userId: string, number: string, category: Category = 'ORDER') {
  return notification.database.$transaction((transaction) =>
    notify(transaction, {
      recipientId: userId,
      dedupeKey: number,
      category,
      kind: 'order-placed',
      data: anOrder({ customerId: userId, number }),
      channels: ['EMAIL'],
      now: new Date(),
    }),
  );
}

const subjects = async (userId: string) => (await mail.mailsTo(`${userId}@example.com`)).map(({ subject }) => subject);
const held = (recipientId: string) =>
  notification.database.delivery.count({ where: { recipientId, status: 'QUEUED', waitsFor: { not: null } } });
const deliveriesOf = (userId: string) => newestDeliveries(notification.clientOf(userId), userId);

describe('quiet hours', () => {
  test('that defer hold back all but the inbox, each message for itself', async () => {
    const hours = { ...now(), behaviour: 'DEFER' };
    await notification.learn(aUser({ userId: 'defer' }));
    expect(await setQuietHours('defer', hours)).toEqual({ __typename: 'QuietHours', ...hours });
    await tell('defer', '1');
    await tell('defer', '2');
    await soon(async () => expect(await held('defer')).toBe(2));
    expect(await deliveriesOf('defer')).toEqual(['EMAIL QUEUED', 'IN_APP SENT']);
    expect(await subjects('defer')).toEqual([]);
    expect(await removeQuietHours('defer')).toBe(true);
    await soon(async () => expect((await subjects('defer')).toSorted()).toEqual(['Order 1 placed', 'Order 2 placed']));
  });

  test('that suppress leave it in the inbox', async () => {
    await notification.learn(aUser({ userId: 'suppress' }));
    await setQuietHours('suppress', { ...now(), behaviour: 'SUPPRESS' });
    await tell('suppress', '1');
    await soon(async () => expect(await deliveriesOf('suppress')).toEqual(['EMAIL SUPPRESSED', 'IN_APP SENT']));
    await removeQuietHours('suppress');
    expect(await subjects('suppress')).toEqual([]);
  });

  test('with a digest send one message of all that was held back, and only one', async () => {
    await notification.learn(aUser({ userId: 'digest' }));
    await setQuietHours('digest', { ...now(), behaviour: 'DIGEST' });
    for (const number of ['1', '2', '3', '4']) await tell('digest', number);
    await soon(async () => expect(await held('digest')).toBe(4));
    await removeQuietHours('digest');
    await soon(async () => expect(await deliveriesOf('digest')).toEqual(['EMAIL SENT', 'IN_APP SENT']));
    const [only, ...others] = await mail.mailsTo('digest@example.com');
    expect(others).toEqual([]);
    expect(only!.subject).toBe('4 messages from your quiet hours');
    for (const number of ['1', '2', '3', '4']) expect(only!.text).toContain(`Order ${number} placed: Please pay`);
    const sent = await notification.database.delivery.count({
      where: { recipientId: 'digest', channel: 'EMAIL', status: 'SENT' },
    });
    expect(sent).toBe(4);
  });

  test('with a digest that fails send it again as a whole, by several workers too', async () => {
    await notification.learn(aUser({ userId: 'again', email: 'refused@example.com' }));
    await setQuietHours('again', { ...now(), behaviour: 'DIGEST' });
    for (const number of ['1', '2', '3']) await tell('again', number);
    await soon(async () => expect(await held('again')).toBe(3));
    let isRefusing = true;
    const smtp = await startSmtpServer({ answerTo: () => (isRefusing ? '550 no such user' : '250 ok') });
    await notification.stopWorkers();
    for (let count = 0; count < 3; count++) await notification.startWorker({ SMTP_URL: smtp.url });
    await removeQuietHours('again');
    await soon(async () => expect(await deliveriesOf('again')).toEqual(['EMAIL FAILED', 'IN_APP SENT']));
    expect(smtp.recipients).toHaveLength(1);
    isRefusing = false;
    const operator = notification.clientOf('operator', 'OPERATOR');
    type Data = { deadLetters: { nodes: { id: string }[] } };
    const { data } = await operator.request<Data>('{ deadLetters(first: 10) { nodes { id } } }');
    expect(data!.deadLetters.nodes).toHaveLength(1);
    await operator.request('mutation ($id: ID!) { replayDeadLetter(id: $id) { id } }', data!.deadLetters.nodes[0]);
    await soon(async () => expect(await deliveriesOf('again')).toEqual(['EMAIL SENT', 'IN_APP SENT']));
    expect(smtp.taken).toHaveLength(1);
    const where = { recipientId: 'again', channel: 'EMAIL', status: 'SENT' };
    expect(await notification.database.delivery.count({ where })).toBe(3);
    await notification.stopWorkers();
    await smtp.stop();
    await notification.startWorker();
  });

  test('with a digest of one message send that message', async () => {
    await notification.learn(aUser({ userId: 'single' }));
    await setQuietHours('single', { ...now(), behaviour: 'DIGEST' });
    await tell('single', '1');
    await soon(async () => expect(await held('single')).toBe(1));
    await removeQuietHours('single');
    await soon(async () => expect(await subjects('single')).toEqual(['Order 1 placed']));
  });

  test('do not hold back what is about security', async () => {
    await notification.learn(aUser({ userId: 'secure' }));
    await setQuietHours('secure', { ...now(), behaviour: 'SUPPRESS' });
    await tell('secure', '1', 'SECURITY');
    await soon(async () => expect(await subjects('secure')).toEqual(['Order 1 placed']));
  });

  test('that are changed count for what is held back already', async () => {
    await notification.learn(aUser({ userId: 'change' }));
    await setQuietHours('change', { ...now(), behaviour: 'DEFER' });
    await tell('change', '1');
    await soon(async () => expect(await held('change')).toBe(1));
    const earlier = DateTime.utc().minus({ hours: 1 }).toFormat('HH:mm');
    await setQuietHours('change', { ...now(), to: earlier, behaviour: 'DEFER' });
    await soon(async () => expect(await subjects('change')).toEqual(['Order 1 placed']));
  });

  test.each([
    ['an unknown time zone', { timeZone: 'Mars/Phobos' }, ['timeZone']],
    ['a time that does not exist', { from: '24:00' }, ['from']],
    ['no time at all', { from: '', to: '7' }, ['from', 'to']],
    ['hours that end where they begin', { from: '22:00', to: '22:00' }, ['to']],
  ])('are refused for %s', async (_what, input, fields) => {
    const valid = { timeZone: 'Europe/Berlin', from: '22:00', to: '07:00', behaviour: 'DEFER' };
    const { __typename, issues } = await setQuietHours('careless', { ...valid, ...input });
    expect(__typename).toBe('InvalidInputError');
    expect(issues!.map(({ path }) => path)).toEqual(fields.map((field) => ['input', field]));
    expect(await quietHours('careless')).toBeNull();
  });

  test('are one’s own, and can be removed once', async () => {
    const hours = { timeZone: 'Europe/Berlin', from: '22:00', to: '07:00', behaviour: 'DIGEST' };
    await setQuietHours('owner', hours);
    expect(await quietHours('owner')).toEqual(hours);
    expect(await quietHours('owner', 'other')).toBeNull();
    expect(await removeQuietHours('owner')).toBe(true);
    expect(await removeQuietHours('owner')).toBe(false);
  });
});
