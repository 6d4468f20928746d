import twilio from 'twilio';
import { DeliveryError, type SendingChannel } from './channel.ts';

export type TwilioSettings = {
  accountSid: string;
  authToken: string;
  from: string;
  /** Another address of the API; Twilio's own when left out. */
  apiUrl: string | undefined;
};

const timeoutMs = 15_000;

/** HTTP statuses that are not about the message: credentials and rights, which an operator cures, time and pace. */
const curable = [401, 403, 408, 429];

/**
 * SMS by Twilio's Programmable Messaging (POST /2010-04-01/Accounts/{sid}/Messages.json). A 4xx, such as 21211 for a number
 * that cannot be, is permanent. Twilio knows no key against repeats: an SMS whose answer was lost is sent again.
 */
export function createSmsChannel({ accountSid, authToken, from, apiUrl }: TwilioSettings): SendingChannel {
  const client = twilio(accountSid, authToken, { timeout: timeoutMs });
  if (apiUrl !== undefined) client.api.baseUrl = apiUrl.replace(/\/$/, '');
  return {
    reaches: async ({ phone }) => phone !== null,
    async send({ recipient, content }) {
      try {
        const { sid } = await client.messages.create({ to: recipient.phone!, from, body: content.sms });
        return { status: 'SENT', providerId: sid };
      } catch (cause) {
        const { status, code, message } = cause as { status?: number; code?: number | string; message: string };
        const isPermanent = status !== undefined && status >= 400 && status < 500 && !curable.includes(status);
        throw new DeliveryError(code === undefined ? message : `${code}: ${message}`, { isPermanent, cause });
      }
    },
  };
}
