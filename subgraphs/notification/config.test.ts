import { describe, expect, test } from '@jest/globals';
import { readConfig } from './config.ts';

const required = { NOTIFICATION_DATABASE_URL: 'postgresql://127.0.0.1/notification' };

describe('the settings', () => {
  test('need no credentials of providers', () => {
    expect(readConfig(required)).toMatchObject({ SMTP_URL: 'smtp://127.0.0.1:1025', DELIVERY_MAX_ATTEMPTS: 8 });
  });

  test('of a provider are given together or not at all', () => {
    const twilio = { TWILIO_ACCOUNT_SID: 'AC1', TWILIO_FROM: '+15005550006' };
    expect(() => readConfig({ ...required, ...twilio, VAPID_PUBLIC_KEY: 'A'.repeat(87) })).toThrow(
      /TWILIO_AUTH_TOKEN: is required.*\n.*VAPID_SUBJECT: is required.*\n.*VAPID_PRIVATE_KEY: is required/,
    );
    expect(readConfig({ ...required, ...twilio, TWILIO_AUTH_TOKEN: 'secret' })).toMatchObject(twilio);
  });

  test('take a sender with or without a name, and nothing that breaks out of a header', () => {
    for (const from of ['a@b.example', 'Gold <a@b.example>']) readConfig({ ...required, MAIL_FROM: from });
    for (const from of ['Gold', 'Gold <a@b.example>\r\nBcc: c@d.example', '<a@b.example> x']) {
      expect(() => readConfig({ ...required, MAIL_FROM: from })).toThrow('MAIL_FROM');
    }
  });
});
