import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export type TwilioRequest = { path: string; authorization: string; to: string; from: string; body: string };

export type TwilioServer = { url: string; requests: TwilioRequest[]; stop(): Promise<void> };

/**
 * Twilio's API for messages as it is documented: `POST /2010-04-01/Accounts/{sid}/Messages.json` with a form.
 * @param statusTo the HTTP status and, where it is an error, Twilio's code for a number
 */
export async function startTwilioServer(
  statusTo: (number: string) => { status: number; code?: number; message?: string },
): Promise<TwilioServer> {
  const requests: TwilioRequest[] = [];
  const server = createServer(async (request, response) => {
    let text = '';
    for await (const chunk of request) text += String(chunk);
    const form = new URLSearchParams(text);
    const [to, from, body] = [form.get('To') ?? '', form.get('From') ?? '', form.get('Body') ?? ''];
    requests.push({ path: request.url!, authorization: request.headers.authorization ?? '', to, from, body });
    const answer = statusTo(to);
    const content = answer.status < 300 ? { sid: `SM${requests.length}`, status: 'queued', to, from, body } : answer;
    response.writeHead(answer.status, { 'content-type': 'application/json' }).end(JSON.stringify(content));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
