import { createTransport } from 'nodemailer';
import type { Recipient } from '../recipient-repository.ts';
import { htmlMail, textMail } from '../templates/mail-layout.ts';
import { DeliveryError, type SendingChannel } from './channel.ts';

/** Milliseconds that a mail server may take for a connection or be silent for. */
const timeoutMs = 15_000;

/** SMTP commands whose refusal is about us or the server, not about the message: an operator cures them. */
const ourCommands = ['CONN', 'EHLO', 'HELO', 'LHLO', 'STARTTLS', 'AUTH', 'API'];

/**
 * E-mail by SMTP. The Message-ID is made of the delivery's id: where a server has taken a mail but its answer was lost, the
 * mail is sent again, and mail programs see that it is the same one.
 * A refusal of the message or its recipient with 5xx (RFC 5321, 4.2.1) is permanent; everything else is worth trying again.
 */
export function createEmailChannel(options: { url: string; from: string; connections: number }): SendingChannel {
  const transport = createTransport({
    url: options.url,
    pool: true,
    // As many as there are mails at once: one that waited here for a connection might outlive its lease, and go out twice.
    maxConnections: options.connections,
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
    // What a template writes is text: nothing in it may name a file or an address to be attached.
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  const domain = /@([^>\s]+)>?$/.exec(options.from)?.[1] ?? 'localhost';
  return {
    reaches: async ({ email }) => email !== '',
    async send({ deliveryId, recipient, content }) {
      try {
        const { messageId } = await transport.sendMail({
          from: options.from,
          to: addressOf(recipient),
          messageId: `<${deliveryId}@${domain}>`,
          subject: content.title,
          text: textMail(content),
          html: htmlMail(content, recipient.locale),
          // RFC 3834: no automatic answers to it.
          headers: { 'Auto-Submitted': 'auto-generated' },
        });
        return { status: 'SENT', providerId: messageId };
      } catch (error) {
        throw toDeliveryError(error);
      }
    },
    close: () => transport.close(),
  };
}

/** An address object, never a text: a name with a comma or an angle bracket in it must not become another recipient. */
function addressOf({ email, name }: Recipient) {
  return { address: email, name: name ?? '' };
}

function toDeliveryError(cause: unknown): DeliveryError {
  const { code, command, responseCode, message } = cause as {
    code?: string;
    command?: string;
    responseCode?: number;
    message: string;
  };
  const isRefused = (responseCode ?? 0) >= 500 && !ourCommands.includes(command ?? '');
  const isUnusable = code === 'EENVELOPE' && responseCode === undefined;
  return new DeliveryError(message, { isPermanent: isRefused || isUnusable, cause });
}
