import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { startMailCatcher, type MailCatcher } from '#shared/testing/mail-catcher.ts';
import {
  anOrder,
  aUser,
  newestDeliveries,
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

type Result = { __typename: string; code?: string; issues?: { path: string[] }[]; id?: string; endpoint?: string };

async function mutate(userId: string, mutation: string, inputType: string, input: object, fields = '') {
  const document = `mutation ($input: ${inputType}!) {
    result: ${mutation}(input: $input) { __typename ${fields} ... on Error { code message } } }`;
  const { data, errors } = await notification.clientOf(userId).request<{ result: Result }>(document, { input });
  return { result: data?.result, code: errors?.[0]?.extensions?.code };
}

const setPreference = (userId: string, category: string, channel: string, enabled: boolean) =>
  mutate(userId, 'setNotificationPreference', 'SetNotificationPreferenceInput', { category, channel, enabled });

type Preference = { category: string; channel: string; enabled: boolean; isLocked: boolean };

async function preferences(userId: string, asker = userId) {
  const document = `query ($id: ID!) { _entities(representations: [{ __typename: "User", id: $id }]) {
    ... on User { notificationPreferences { category channel enabled isLocked } } } }`;
  type Data = { _entities: [{ notificationPreferences: Preference[] | null }] };
  const { data } = await notification.clientOf(asker).request<Data>(document, { id: userId });
  return data!._entities[0].notificationPreferences;
}

describe('preferences', () => {
  test('begin with security and the inbox on and locked, and marketing off', async () => {
    const all = (await preferences('new'))!;
    expect(all).toHaveLength(24);
    const of = (wanted: Partial<Preference>) =>
      all.filter((one) => Object.entries(wanted).every(([key, value]) => one[key as keyof Preference] === value));
    expect(of({ category: 'SECURITY', enabled: true, isLocked: true })).toHaveLength(4);
    expect(of({ channel: 'IN_APP', enabled: true, isLocked: true })).toHaveLength(6);
    expect(of({ category: 'ORDER', enabled: true })).toHaveLength(4);
    expect(of({ category: 'MARKETING', enabled: true }).map(({ channel }) => channel)).toEqual(['IN_APP']);
  });

  test('decide by which channels a notification goes out', async () => {
    await notification.learn(aUser({ userId: 'chooser', phone: '+491701234567' }));
    for (const channel of ['EMAIL', 'PUSH']) {
      expect((await setPreference('chooser', 'ORDER', channel, false)).result?.__typename).toBe(
        'NotificationPreference',
      );
    }
    await notification.tell('order.order-placed', anOrder({ customerId: 'chooser' }));
    const client = notification.clientOf('chooser');
    await soon(async () => expect(await newestDeliveries(client, 'chooser')).toEqual(['SMS RECORDED', 'IN_APP SENT']));
    await setPreference('chooser', 'ORDER', 'SMS', false);
    await setPreference('chooser', 'ORDER', 'EMAIL', true);
    await notification.tell('order.order-placed', anOrder({ customerId: 'chooser' }));
    await soon(async () => expect(await newestDeliveries(client, 'chooser')).toEqual(['EMAIL SENT', 'IN_APP SENT']));
  });

  test.each([
    ['SECURITY', 'EMAIL'],
    ['SECURITY', 'SMS'],
    ['MARKETING', 'IN_APP'],
  ])('of %s by %s cannot be turned off', async (category, channel) => {
    const { result } = await setPreference('chooser', category, channel, false);
    expect(result).toMatchObject({ __typename: 'PreferenceLockedError', code: 'PREFERENCE_LOCKED' });
    expect((await setPreference('chooser', category, channel, true)).result?.__typename).toBe('NotificationPreference');
  });

  test('are one’s own', async () => {
    expect(await preferences('chooser', 'other')).toBeNull();
    expect((await setPreference('', 'ORDER', 'SMS', false)).code).toBe('UNAUTHENTICATED');
  });
});

describe('a push subscription', () => {
  const keys = () => ({ p256dh: randomBytes(65).toString('base64url'), auth: randomBytes(16).toString('base64url') });
  const register = (userId: string, input: object) =>
    mutate(
      userId,
      'registerPushSubscription',
      'RegisterPushSubscriptionInput',
      { ...keys(), ...input },
      '... on PushSubscription { id endpoint } ... on InvalidInputError { issues { path } }',
    );
  const owners = async () =>
    (await notification.database.pushSubscription.findMany()).map(
      ({ userId, endpoint }) => `${userId} ${endpoint.at(-1)}`,
    );

  test('may be one of several, and belongs to whoever registered its endpoint last', async () => {
    const first = await register('anna', { endpoint: 'https://push.example/1' });
    await register('anna', { endpoint: 'https://push.example/2' });
    expect((await owners()).toSorted()).toEqual(['anna 1', 'anna 2']);
    const moved = await register('bert', { endpoint: 'https://push.example/1' });
    expect(moved.result).toEqual({ ...first.result });
    expect((await owners()).toSorted()).toEqual(['anna 2', 'bert 1']);
  });

  test('is ended by its owner only', async () => {
    const { result } = await register('carl', { endpoint: 'https://push.example/3' });
    const end = async (userId: string, id: string) => {
      const document = 'mutation ($id: ID!) { unregisterPushSubscription(id: $id) }';
      return (await notification.clientOf(userId).request(document, { id })).data;
    };
    expect(await end('bert', result!.id!)).toEqual({ unregisterPushSubscription: false });
    expect(await end('carl', 'nonsense')).toEqual({ unregisterPushSubscription: false });
    expect(await end('carl', result!.id!)).toEqual({ unregisterPushSubscription: true });
    expect(await end('carl', result!.id!)).toEqual({ unregisterPushSubscription: false });
  });

  test.each([
    ['http', { endpoint: 'http://push.example/1' }, 'endpoint'],
    ['an address inside', { endpoint: 'https://127.0.0.1/1' }, 'endpoint'],
    ['an address inside, written otherwise', { endpoint: 'https://2130706433/1' }, 'endpoint'],
    ['an IPv6 address', { endpoint: 'https://[::1]/1' }, 'endpoint'],
    ['a name inside', { endpoint: 'https://redis/1' }, 'endpoint'],
    ['another port', { endpoint: 'https://push.example:6379/1' }, 'endpoint'],
    ['nonsense', { endpoint: 'nonsense' }, 'endpoint'],
    ['a key that is too short', { p256dh: 'AAAA', endpoint: 'https://push.example/1' }, 'p256dh'],
    ['a secret that is none', { auth: '!', endpoint: 'https://push.example/1' }, 'auth'],
  ])('is refused for %s', async (_what, input, field) => {
    const { result } = await register('dora', input);
    expect(result).toMatchObject({ __typename: 'InvalidInputError', code: 'INVALID_INPUT' });
    expect(result!.issues).toEqual([{ path: ['input', field] }]);
  });
});
