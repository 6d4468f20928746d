import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';

export type RawAnswer = { status: number; headers: IncomingHttpHeaders; body: string };

/** What `fetch` would tidy up or refuse to send. Each request has a connection of its own. */
export type RawRequest = {
  method?: string;
  /** The target as it stands in the request line; the path of the URL without it. */
  target?: string;
  headers?: Record<string, string | string[]>;
  /** Parts are sent as chunks of unknown length in all, one text or buffer with its length. */
  body?: string | Buffer | Buffer[];
};

/** Sends a request as it is written. */
export async function sendRaw(url: string, { method = 'POST', target, headers, body }: RawRequest): Promise<RawAnswer> {
  const { hostname, port, pathname } = new URL(url);
  const request = httpRequest({ hostname, port, method, path: target ?? pathname, headers, agent: false });
  const answered = new Promise<RawAnswer>((resolve, reject) => {
    request.once('response', (response) => {
      text(response).then(
        (answer) => resolve({ status: response.statusCode!, headers: response.headers, body: answer }),
        reject,
      );
    });
    request.on('error', reject);
  });
  if (Array.isArray(body)) for (const part of body) request.write(part);
  request.end(Array.isArray(body) ? undefined : body);
  return answered;
}

/** Sends bytes that are hardly HTTP, and reads until the server hangs up. */
export function sendBytes(url: string, bytes: string): Promise<string> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => socket.write(bytes, 'latin1'));
    let answer = '';
    socket.on('data', (part: Buffer) => (answer += part.toString('latin1')));
    socket.on('close', () => resolve(answer));
    socket.on('error', reject);
  });
}
