import { connect, type Socket } from 'node:net';

/** An answer: its status, and the body as it was sent, `chunked` undone. */
export type HttpAnswer = { status: number; body: string };

const headEnd = '\r\n\r\n';

/**
 * One kept-alive HTTP/1.1 connection that asks one thing after another, at a small part of what a real client costs.
 * @param onAnswer is called once for each answer
 * @param onEnd when the connection is gone, with the reason
 */
export function openConnection(options: {
  port: number;
  onAnswer: (answer: HttpAnswer) => void;
  onEnd: (reason: string) => void;
}) {
  const { port, onAnswer, onEnd } = options;
  const head = `POST /graphql HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\ncontent-type: application/json\r\naccept: application/graphql-response+json, application/json;q=0.9\r\ncontent-length: `;
  const socket: Socket = connect({ port, host: '127.0.0.1', noDelay: true });
  let pending = '';
  socket.setEncoding('latin1');
  socket.on('data', (chunk: string) => {
    pending = pending === '' ? chunk : pending + chunk;
    const answer = readAnswer(pending);
    if (!answer) return;
    pending = '';
    onAnswer(answer);
  });
  let reason = 'closed';
  socket.on('error', (error) => (reason = error.message));
  socket.on('close', () => onEnd(reason));
  return {
    opened: new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject)),
    /** @param body of ASCII, as everything here is */
    send: (body: string) => void socket.write(`${head}${body.length}${headEnd}${body}`, 'latin1'),
    close: () => socket.destroy(),
  };
}

/** The answer, when the text is one as a whole. */
function readAnswer(text: string): HttpAnswer | undefined {
  const end = text.indexOf(headEnd);
  if (end < 0) return undefined;
  const start = end + headEnd.length;
  const status = Number(text.slice(9, 12));
  const length = /\r\ncontent-length: *(\d+)/i.exec(text)?.[1];
  if (length !== undefined) {
    const missing = start + Number(length) - text.length;
    return missing > 0 ? undefined : { status, body: text.slice(start) };
  }
  return text.endsWith(`0${headEnd}`) ? { status, body: withoutChunks(text, start) } : undefined;
}

/** Puts the chunks of a body together (RFC 9112, 7.1). */
function withoutChunks(text: string, start: number): string {
  let body = '';
  for (let position = start; ;) {
    const lineEnd = text.indexOf('\r\n', position);
    const length = Number.parseInt(text.slice(position, lineEnd), 16);
    if (!(length > 0)) return body;
    body += text.slice(lineEnd + 2, lineEnd + 2 + length);
    position = lineEnd + 2 + length + 2;
  }
}
