import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MailDev } from 'maildev';

/** A mail as the catcher's REST API gives it. */
export type CaughtMail = {
  id: string;
  subject: string;
  text: string;
  html: string;
  to: { address: string; name: string }[];
  headers: Record<string, string>;
};

export type MailCatcher = {
  smtpUrl: string;
  /** Everything that has arrived for an address, oldest first. */
  mailsTo(address: string): Promise<CaughtMail[]>;
  close(): Promise<void>;
};

/** An SMTP server of its own for a test file, which keeps what arrives and tells it over its REST API. */
export async function startMailCatcher(): Promise<MailCatcher> {
  const mailDirectory = await mkdtemp(join(tmpdir(), 'gold-mail-'));
  const catcher = new MailDev({ smtp: 0, ip: '127.0.0.1', web: 0, webIp: '127.0.0.1', mailDirectory, silent: true });
  const { smtp, api } = await catcher.start();
  const page = `http://127.0.0.1:${api!.getAddress()!.port}`;
  return {
    smtpUrl: `smtp://127.0.0.1:${smtp.getAddress().port}`,
    mailsTo: (address) => readMails(page, address),
    async close() {
      await catcher.stop();
      await rm(mailDirectory, { recursive: true, force: true });
    },
  };
}

/** What a mail catcher with that page has caught for an address, oldest first. */
export async function readMails(page: string, address: string): Promise<CaughtMail[]> {
  const response = await fetch(new URL('/api/email', page));
  const mails = (await response.json()) as (CaughtMail & { time: string })[];
  return mails
    .filter(({ to }) => to.some((recipient) => recipient.address.toLowerCase() === address.toLowerCase()))
    .toSorted((one, other) => Date.parse(one.time) - Date.parse(other.time));
}
