import type { Agent } from 'node:https';
import type { SqlClient } from '#shared/database.ts';
import type { Logger } from '#shared/logger.ts';
import type { Config } from '../config.ts';
import type { Channel } from '../domain/preference.ts';
import { createPushSubscriptionRepository } from '../push-subscription-repository.ts';
import type { SendingChannel } from './channel.ts';
import { createEmailChannel } from './email.ts';
import { createPushChannel } from './push.ts';
import { createRecordingChannel } from './recording.ts';
import { createSmsChannel } from './sms.ts';

/** Every way by which messages leave; the inbox needs none. */
export type SendingChannels = Record<Exclude<Channel, 'IN_APP'>, SendingChannel>;

/** The channels that the configuration has credentials for; the others are recorded, and the log says so. */
export function openChannels(options: {
  config: Config;
  database: SqlClient;
  logger: Logger;
  pushAgent?: Agent;
}): SendingChannels {
  const { config, database, logger, pushAgent } = options;
  const { TWILIO_ACCOUNT_SID: accountSid, TWILIO_AUTH_TOKEN: authToken, TWILIO_FROM: from } = config;
  const { VAPID_SUBJECT: subject, VAPID_PUBLIC_KEY: publicKey, VAPID_PRIVATE_KEY: privateKey } = config;

  function openSms(): SendingChannel {
    if (accountSid && authToken && from) {
      return createSmsChannel({ accountSid, authToken, from, apiUrl: config.TWILIO_API_URL });
    }
    logger.warn('no Twilio credentials: SMS are recorded, not sent');
    return createRecordingChannel({
      channel: 'SMS',
      database,
      addressesOf: async ({ phone }) => (phone === null ? [] : [phone]),
      textOf: ({ sms }) => sms,
    });
  }

  function openPush(): SendingChannel {
    if (subject && publicKey && privateKey) {
      return createPushChannel({ vapid: { subject, publicKey, privateKey }, database, agent: pushAgent });
    }
    logger.warn('no VAPID keys: push messages are recorded, not sent');
    return createRecordingChannel({
      channel: 'PUSH',
      database,
      addressesOf: async ({ userId }, client) =>
        (await createPushSubscriptionRepository(client).of(userId)).map(({ endpoint }) => endpoint),
      textOf: ({ body }) => body,
    });
  }

  return {
    EMAIL: createEmailChannel({
      url: config.SMTP_URL,
      from: config.MAIL_FROM,
      connections: config.DELIVERY_CONCURRENCY,
    }),
    SMS: openSms(),
    PUSH: openPush(),
  };
}
