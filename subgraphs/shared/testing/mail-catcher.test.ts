import { expect, test } from '@jest/globals';
import { createTransport } from 'nodemailer';
import { startMailCatcher } from './mail-catcher.ts';

test('a mail that is sent to the catcher can be read there by its recipient', async () => {
  const catcher = await startMailCatcher();
  const transport = createTransport(catcher.smtpUrl);
  await transport.sendMail({ from: 'shop@gold.example', to: 'one@gold.example', subject: 'Gold', text: 'is here' });
  await transport.sendMail({ from: 'shop@gold.example', to: 'other@gold.example', subject: 'Silver', text: 'too' });
  transport.close();
  expect(await catcher.mailsTo('One@gold.example')).toEqual([
    expect.objectContaining({ subject: 'Gold', text: expect.stringContaining('is here') }),
  ]);
  await catcher.close();
});
