import type { SqlClient } from '#shared/database.ts';
import type { Recipient } from '../recipient-repository.ts';
import type { Content } from '../templates/template.ts';
import type { SendingChannel } from './channel.ts';

/**
 * Stands in for a channel that has no credentials: what it would have sent is stored once a delivery, for operators to read,
 * so that everything can be tried on a machine without accounts.
 * @param options.addressesOf where the message would have gone; nowhere where the list is empty
 */
export function createRecordingChannel(options: {
  channel: 'SMS' | 'PUSH';
  database: SqlClient;
  addressesOf: (recipient: Recipient, database: SqlClient) => Promise<string[]>;
  textOf: (content: Content) => string;
}): SendingChannel {
  const { channel, database, addressesOf, textOf } = options;
  return {
    reaches: async (recipient, transaction) => (await addressesOf(recipient, transaction)).length > 0,
    async send({ deliveryId, recipient, content }) {
      await database.$executeRawUnsafe(
        `INSERT INTO recorded_message (delivery_id, channel, recipient_id, addresses, title, text)
         VALUES ($1::uuid, $2, $3, $4::text[], $5, $6) ON CONFLICT DO NOTHING`,
        deliveryId,
        channel,
        recipient.userId,
        await addressesOf(recipient, database),
        content.title,
        textOf(content),
      );
      return { status: 'RECORDED', providerId: null };
    },
  };
}
