import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { anOrder, aUser, soon, startNotification, type NotificationFixture } from './notification-fixture.ts';
import { startTwilioServer, type TwilioServer } from './twilio-server.ts';

const credentials = { TWILIO_ACCOUNT_SID: 'AC0123', TWILIO_AUTH_TOKEN: 'secret', TWILIO_FROM: '+15005550006' };
const answers: Record<string, { status: number; code?: number; message?: string }[]> = {
  '+15005550001': [{ status: 400, code: 21211, message: 'The To number is not a valid phone number' }],
  '+15005550002': [{ status: 429, code: 20429, message: 'Too Many Requests' }, { status: 503 }],
  '+15005550003': [{ status: 401, code: 20003, message: 'Authenticate' }],
};
let twilio: TwilioServer;
let notification: NotificationFixture;

beforeAll(async () => {
  twilio = await startTwilioServer((number) => answers[number]?.shift() ?? { status: 201 });
  notification = await startNotification({ ...credentials, TWILIO_API_URL: twilio.url });
  await notification.startWorker();
});
afterAll(async () => {
  await notification.stop();
  await twilio.stop();
});

async function smsTo(phone: string) {
  await notification.learn(aUser({ userId: phone, phone }));
  await notification.tell('order.order-placed', anOrder({ customerId: phone }));
  return soon(async () => expect((await smsOf(phone))?.dueAt).toBeNull()).then(() => smsOf(phone));
}

const smsOf = (recipientId: string) =>
  notification.database.delivery.findFirst({ where: { recipientId, channel: 'SMS' } });

describe('an SMS', () => {
  test('goes out by Twilio, once', async () => {
    expect(await smsTo('+491701234567')).toMatchObject({ status: 'SENT', attempts: 1, providerId: 'SM1' });
    const authorization = `Basic ${Buffer.from('AC0123:secret').toString('base64')}`;
    const path = '/2010-04-01/Accounts/AC0123/Messages.json';
    expect(twilio.requests).toMatchObject([{ path, authorization, to: '+491701234567', from: '+15005550006' }]);
    expect(twilio.requests[0]!.body).toMatch(/^Order G-1000042 placed\. Please pay/);
  });

  test('to a number that cannot be is a dead letter at once', async () => {
    const sms = await smsTo('+15005550001');
    expect(sms).toMatchObject({ status: 'FAILED', attempts: 1 });
    expect(sms!.lastError).toContain('21211: The To number is not a valid phone number');
  });

  test('is tried again where Twilio is busy or out of order', async () => {
    expect(await smsTo('+15005550002')).toMatchObject({ status: 'SENT', attempts: 3 });
  });

  test('is tried again where it is the credentials that are wrong: an operator can cure that', async () => {
    expect(await smsTo('+15005550003')).toMatchObject({ status: 'SENT', attempts: 2 });
  });
});
