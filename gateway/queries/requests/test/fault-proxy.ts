import { once } from 'node:events';
import { request as ask, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { buffer } from 'node:stream/consumers';

/** What goes wrong on the way back; each answer is the subgraph's own, which has done what it was asked. */
export type Fault = keyof typeof faults;

/** A way to a subgraph on which whatever a network, a proxy or a broken server does to an answer can be made to happen. */
export type FaultProxy = {
  /** The subgraph's address by this way. */
  url: string;
  /** What the next answers meet, or only so many of them. */
  inject(fault: Fault, times?: number): void;
  /** Answers go through as they are. */
  heal(): void;
  /** Lets nobody connect, until `accept`. */
  refuse(): Promise<void>;
  accept(): Promise<void>;
  /** Requests that came, and connections that were made. */
  counts(): { requests: number; connections: number };
  /** Connections that are there now. */
  open(): number;
  /** Those of them on which the last answer went wrong. */
  spoilt(): number;
  /** Headers of the last request. */
  lastHeaders(): IncomingHttpHeaders;
  close(): Promise<void>;
};

type Request = { headers: IncomingHttpHeaders; body: Buffer };
type Answer = { status: number; headers: IncomingHttpHeaders; body: Buffer };
type Misbehaviour = (socket: Socket, answer: Answer) => void;

const html = '<html><body><h1>Internal Server Error</h1><pre>at secret.js:12 in inventory</pre></body></html>';

/** What is written to the connection in place of the answer. */
const faults = {
  /** The connection is lost before anything came back. */
  'reset before the head': (socket) => socket.resetAndDestroy(),
  'reset in the head': (socket) => cut(socket, 'HTTP/1.1 200 OK\r\ncontent-ty'),
  'reset in the body': (socket, { body }) => cut(socket, `${head(200, body.length)}${half(body)}`),
  'closed in the body': (socket, { body }) => void socket.end(`${head(200, body.length)}${half(body)}`),
  'chunks that end too early': (socket, { body }) =>
    void socket.end(
      `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n${body.length.toString(16)}\r\n${body}\r\n5\r\nab`,
    ),
  'a slow first byte': (socket, { body }) => every(socket, 150, [`${head(200, body.length)}${body}`]),
  'a slow trickle': (socket, { body }) => every(socket, 100, [head(200, body.length), ...body.toString().split('')]),
  'no answer': () => undefined,
  'garbage bytes': (socket) => void socket.write(Buffer.from([0, 255, 17, 3, 200, 13, 10, 1, 13, 10, 13, 10])),
  'an HTML error page': (socket) => void socket.write(`${head(500, html.length, 'text/html')}${html}`),
  'an HTML page with status 200': (socket) => void socket.write(`${head(200, html.length, 'text/html')}${html}`),
  'not found': (socket) => void socket.write(`${head(404, html.length, 'text/html')}${html}`),
  'bad gateway': (socket) => void socket.write(`${head(502, 11, 'text/plain')}bad gateway`),
  'unavailable for a moment': (socket) => void socket.write(`${head(503, 4, 'text/plain', 'retry-after: 0\r\n')}busy`),
  'unavailable for an hour': (socket) =>
    void socket.write(`${head(503, 4, 'text/plain', 'retry-after: 3600\r\n')}busy`),
  'errors of GraphQL with status 503': (socket) => json(socket, 503, '{"errors":[{"message":"Later, please"}]}'),
  'broken JSON': (socket, { body }) => json(socket, 200, half(body)),
  'JSON that is not GraphQL': (socket) => json(socket, 200, '{"status":"UP"}'),
  'a list': (socket) => json(socket, 200, '[1,2]'),
  'errors that are no list': (socket) => json(socket, 200, '{"data":{"stock":1},"errors":"x"}'),
  'errors that are not GraphQL': (socket) =>
    json(
      socket,
      200,
      '{"data":{"stock":1},"errors":[null,"x",{"message":"Known","extensions":{"stacktrace":["at a"]}}]}',
    ),
  'an empty body': (socket) => void socket.write(head(200, 0)),
  'a body that is shorter than it says': (socket, { body }) =>
    void socket.write(`${head(200, body.length + 10)}${body}`),
  'a body that is longer than it says': (socket, { body }) => void socket.write(`${head(200, body.length - 4)}${body}`),
  'an endless body': (socket) => endless(socket),
  /** The answer is whole, and the connection is closed behind it although it was to be kept. */
  'closed behind the answer': (socket, { body }) => void socket.end(`${head(200, body.length)}${body}`),
  'answered with a head for caches': (socket, { body }) =>
    void socket.write(
      `${head(200, body.length, 'application/json', 'Cache-Control: public, max-age=30\r\nAge: 10\r\n')}${body}`,
    ),
} satisfies Record<string, Misbehaviour>;

/** Those that an answer does not survive, however long it is waited for. */
export const fatalFaults = (Object.keys(faults) as Fault[]).filter(
  (fault) =>
    ![
      'a slow first byte',
      'errors of GraphQL with status 503',
      'errors that are not GraphQL',
      'closed behind the answer',
      'answered with a head for caches',
    ].includes(fault),
);

/** Starts one before a subgraph. @param target the address of the subgraph */
export async function startFaultProxy(target: string): Promise<FaultProxy> {
  const sockets = new Set<Socket>();
  const spoilt = new Set<Socket>();
  let fault: Fault | undefined;
  let left = 0;
  let requests = 0;
  let connections = 0;
  let lastHeaders: IncomingHttpHeaders = {};

  async function pass(socket: Socket, request: Request): Promise<void> {
    requests += 1;
    lastHeaders = request.headers;
    const misbehave: Misbehaviour | undefined = fault && left > 0 ? faults[fault] : undefined;
    left -= 1;
    spoilt.delete(socket);
    const answer = await forward(target, request);
    // Who has asked may be gone by now.
    if (socket.destroyed) return;
    if (misbehave) {
      spoilt.add(socket);
      return misbehave(socket, answer);
    }
    const lines = Object.entries(answer.headers).map(([name, value]) => `${name}: ${value}\r\n`);
    socket.write(
      `HTTP/1.1 ${answer.status} As It Is\r\n${lines.join('')}content-length: ${answer.body.length}\r\n\r\n`,
    );
    socket.write(answer.body);
  }

  const server = createServer((socket) => {
    connections += 1;
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => {
      sockets.delete(socket);
      spoilt.delete(socket);
    });
    readRequests(socket, (request) => void pass(socket, request).catch(() => socket.destroy()));
  });
  let port = 0;
  async function accept(): Promise<void> {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    ({ port } = server.address() as AddressInfo);
  }
  async function refuse(): Promise<void> {
    if (!server.listening) return;
    const closed = once(server, 'close');
    server.close();
    for (const socket of sockets) socket.destroy();
    await closed;
  }
  await accept();

  return {
    url: `http://127.0.0.1:${port}${new URL(target).pathname}`,
    inject(next, times = Infinity) {
      fault = next;
      left = times;
    },
    heal: () => void (fault = undefined),
    refuse,
    accept,
    counts: () => ({ requests, connections }),
    open: () => sockets.size,
    spoilt: () => spoilt.size,
    lastHeaders: () => lastHeaders,
    close: refuse,
  };
}

/** Takes one request after another from a connection; of those that the gateway sends, each says how long it is. */
function readRequests(socket: Socket, onRequest: (request: Request) => void): void {
  let bytes = Buffer.alloc(0);
  socket.on('data', (chunk) => {
    bytes = Buffer.concat([bytes, chunk]);
    const end = bytes.indexOf('\r\n\r\n');
    if (end < 0) return;
    const [, ...lines] = bytes.toString('latin1', 0, end).split('\r\n');
    const headers = Object.fromEntries(
      lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
    );
    const length = end + 4 + Number(headers['content-length'] ?? 0);
    if (bytes.length < length) return;
    const body = bytes.subarray(end + 4, length);
    bytes = bytes.subarray(length);
    onRequest({ headers, body });
  });
}

async function forward(target: string, { headers, body }: Request): Promise<Answer> {
  const to = ask(target, { method: 'POST', headers, agent: false });
  to.end(body);
  const [from] = (await once(to, 'response')) as [IncomingMessage];
  const { connection: _1, 'keep-alive': _2, 'transfer-encoding': _3, 'content-length': _4, ...kept } = from.headers;
  return { status: from.statusCode ?? 0, headers: kept, body: await buffer(from) };
}

function head(status: number, length: number, type = 'application/json', more = ''): string {
  return `HTTP/1.1 ${status} Whatever\r\ncontent-type: ${type}\r\ncontent-length: ${length}\r\n${more}\r\n`;
}

function json(socket: Socket, status: number, text: string): void {
  socket.write(`${head(status, Buffer.byteLength(text))}${text}`);
}

function half(body: Buffer): string {
  return body.toString().slice(0, body.length / 2);
}

function cut(socket: Socket, text: string): void {
  socket.write(text, () => socket.resetAndDestroy());
}

/** Writes one part every so many milliseconds, for as long as there is somebody. */
function every(socket: Socket, milliseconds: number, parts: string[]): void {
  const timer = setInterval(() => {
    const part = parts.shift();
    if (part === undefined) clearInterval(timer);
    else socket.write(part);
  }, milliseconds);
  socket.on('close', () => clearInterval(timer));
}

function endless(socket: Socket): void {
  socket.write('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n');
  const chunk = `4000\r\n${' '.repeat(0x4000)}\r\n`;
  const fill = (): void => {
    while (!socket.destroyed && socket.write(chunk));
  };
  socket.on('drain', fill);
  fill();
}
