import { createServer, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';

export type SmtpServer = {
  url: string;
  /** Message-IDs of what was taken, in order. */
  taken: string[];
  /** Commands `RCPT` that came, taken or not. */
  recipients: string[];
  stop(): Promise<void>;
};

/**
 * A mail server that answers as a test wants, by RFC 5321.
 * @param options.answerTo the reply to a recipient, such as `550 5.1.1 no such user`
 * @param options.afterData what follows a mail that came: that it was taken, a connection that is cut, or nothing at all
 */
export async function startSmtpServer(options: {
  answerTo?: (address: string) => string;
  afterData?: () => 'TAKE' | 'CUT' | 'HANG';
  port?: number;
}): Promise<SmtpServer> {
  const { answerTo = () => '250 ok', afterData = () => 'TAKE' } = options;
  const taken: string[] = [];
  const recipients: string[] = [];
  const sockets = new Set<Socket>();

  function converse(socket: Socket): void {
    let received = '';
    let isData = false;
    const say = (line: string) => socket.write(`${line}\r\n`);
    const onMail = (mail: string) => {
      taken.push(/^Message-ID: (.*)$/im.exec(mail)?.[1] ?? '');
      const next = afterData();
      if (next === 'CUT') socket.destroy();
      else if (next === 'TAKE') say('250 taken');
    };
    const onCommand = (line: string) => {
      const address = /^RCPT TO:<(.*?)>/i.exec(line)?.[1];
      if (address !== undefined) {
        recipients.push(address);
        return say(answerTo(address));
      }
      if (/^DATA/i.test(line)) {
        isData = true;
        return say('354 go on');
      }
      say(/^QUIT/i.test(line) ? '221 bye' : '250 ok');
    };
    say('220 test');
    socket.on('error', () => socket.destroy());
    socket.on('data', (chunk) => {
      received += chunk.toString();
      for (;;) {
        const end = received.indexOf(isData ? '\r\n.\r\n' : '\r\n');
        if (end < 0) return;
        const text = received.slice(0, end);
        received = received.slice(end + (isData ? 5 : 2));
        if (isData) {
          isData = false;
          onMail(text);
        } else onCommand(text);
      }
    });
  }

  const server = createServer((socket) => {
    sockets.add(socket.on('close', () => sockets.delete(socket)));
    converse(socket);
  });
  await new Promise<void>((resolve, reject) =>
    server.once('error', reject).listen(options.port ?? 0, '127.0.0.1', resolve),
  );
  return {
    url: `smtp://127.0.0.1:${(server.address() as AddressInfo).port}`,
    taken,
    recipients,
    async stop() {
      sockets.forEach((socket) => socket.destroy());
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
