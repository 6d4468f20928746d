import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MailDev } from 'maildev';

/** A mail as the catcher tells it. */
export type Mail = {
  id: string;
  messageId?: string;
  subject: string;
  text: string;
  html: string;
  headers: Record<string, string>;
  from: { address: string; name: string }[];
  to: { address: string; name: string }[];
};

export type MailServer = {
  smtpUrl: string;
  /** What has arrived, by the catcher's REST API. */
  mails(to?: string): Promise<Mail[]>;
  stop(): Promise<void>;
};

/** Starts a mail catcher of its own on free ports. */
export async function startMailServer(): Promise<MailServer> {
  const mailDirectory = await mkdtemp(join(tmpdir(), 'gold-mail-'));
  const local = '127.0.0.1';
  const catcher = new MailDev({ smtp: 0, web: 0, ip: local, webIp: local, mailDirectory, silent: true });
  const { smtp, api } = await catcher.start();
  const url = `http://${local}:${api!.getPort()}/api/email`;
  return {
    smtpUrl: `smtp://${local}:${smtp.getPort()}`,
    async mails(to) {
      const all = (await (await fetch(url)).json()) as Mail[];
      return to === undefined ? all : all.filter((mail) => mail.to.some(({ address }) => address === to));
    },
    async stop() {
      await catcher.stop();
      await rm(mailDirectory, { recursive: true, force: true });
    },
  };
}
