import { mkdirSync } from 'node:fs';
import { MailDev } from 'maildev';

// Catches mail instead of sending it, and shows it on a page; with a REST API at /api/email for tests.
// Usage: mail-catcher.ts <SMTP port> <page port> <directory in which the mail is kept>
const [smtp, web] = process.argv.slice(2, 4).map(Number);
const mailDirectory = process.argv[4]!;
mkdirSync(mailDirectory, { recursive: true });

const catcher = new MailDev({
  smtp: smtp!,
  ip: '127.0.0.1',
  web: web!,
  webIp: '127.0.0.1',
  mailDirectory,
  maxEmails: 1_000,
  silent: true,
});
await catcher.start();
console.log(`Ready to catch mail on ${smtp}`);

const stop = () => void catcher.stop().finally(() => process.exit(0));
process.on('SIGTERM', stop);
process.on('SIGINT', stop);
// The parent is gone, however it died.
process.on('disconnect', stop);
