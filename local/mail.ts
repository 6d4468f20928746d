import { join } from 'node:path';
import { withoutPassword } from './without-password.ts';
import type { Command } from './command.ts';

/** Where mail goes: the server that SMTP_URL names, or the catcher on this machine, which has a page to read it. */
export type MailChoice = {
  smtpUrl: string;
  page: string | undefined;
  /** The command of the catcher, where it is ours to run. */
  command: Command | undefined;
  /** Part of the command line of the running process. */
  mark: string;
};

/** The line that the catcher writes once it takes mail. */
export const mailReady = /Ready to catch mail/;

/** Takes the server that SMTP_URL names, else the catcher. It keeps the mail in `directory` from one start to the next. */
export function chooseMail(options: {
  smtpUrl: string | undefined;
  smtpPort: number;
  pagePort: number;
  directory: string;
  environment: NodeJS.ProcessEnv;
}): MailChoice {
  const { smtpUrl, smtpPort, pagePort, directory, environment } = options;
  if (smtpUrl !== undefined) return { smtpUrl, page: undefined, command: undefined, mark: '' };
  const script = join(import.meta.dirname, 'mail-catcher.ts');
  const args = ['--disable-warning=ExperimentalWarning', script, String(smtpPort), String(pagePort), directory];
  return {
    smtpUrl: `smtp://127.0.0.1:${smtpPort}`,
    page: `http://127.0.0.1:${pagePort}/`,
    command: { file: process.execPath, args, cwd: import.meta.dirname, environment, channel: true },
    mark: script,
  };
}

/** What to tell the user about it. */
export function describeMail({ smtpUrl, page }: MailChoice): string {
  return page === undefined ? `${withoutPassword(smtpUrl)} (SMTP_URL)` : `${page}  (nothing leaves this machine)`;
}
