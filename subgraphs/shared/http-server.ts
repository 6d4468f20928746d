import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { readiness, type ReadinessCheck } from './health.ts';
import type { Registry } from './metrics.ts';
import { WholeRequest } from './whole-request.ts';

export type Route = (request: WholeRequest, response: ServerResponse, url: URL) => Promise<void> | void;

export type HttpServer = {
  server: Server;
  /** Starts to listen. @returns the port, which is a free one when 0 was asked for */
  listen(): Promise<number>;
  /** Stops to accept, ends idle connections, waits for the others, WebSockets too, and after `graceMs` cuts them. */
  close(graceMs?: number): Promise<void>;
};

/** Enough for the largest body over the slowest line; what is answered may take as long as it likes. */
const defaultSlowClients = { headersMs: 10_000, requestMs: 30_000, checkMs: 1_000 };

/**
 * The HTTP server that every process has: its own routes, and beside them `/health/live` (200 while the process runs),
 * `/health/ready` (200, or 503 with what is wrong, as JSON) and `/metrics` (Prometheus text).
 */
export function createHttpServer(options: {
  host: string;
  port: number;
  metrics: Pick<Registry, 'contentType' | 'metrics'>;
  checks: Record<string, ReadinessCheck>;
  /** Routes by path; the request has any method. */
  routes?: Record<string, Route>;
  /** Milliseconds in which a client has to send its request, so that nobody keeps connections by sending slowly. */
  slowClients?: { headersMs: number; requestMs: number; checkMs: number };
  /** Bytes that wait in a socket before it counts as full; Node's own without it. */
  socketBufferBytes?: number;
  /** Answers what no route does; 404 as JSON without it. */
  fallback?: Route;
  onError: (error: unknown) => void;
}): HttpServer {
  let isClosing = false;
  const routes: Record<string, Route> = {
    ...options.routes,
    '/health/live': (_request, response) => sendJson(response, 200, { live: true }),
    '/health/ready': async (_request, response) => {
      const state = await readiness(options.checks);
      const ready = state.ready && !isClosing;
      sendJson(response, ready ? 200 : 503, { ...state, ready });
    },
    '/metrics': async (_request, response) => {
      response.writeHead(200, { 'content-type': options.metrics.contentType }).end(await options.metrics.metrics());
    },
  };
  const { socketBufferBytes: highWaterMark, slowClients = defaultSlowClients } = options;
  const settings = {
    IncomingMessage: WholeRequest,
    ...(highWaterMark && { highWaterMark }),
    headersTimeout: slowClients.headersMs,
    requestTimeout: slowClients.requestMs,
    connectionsCheckingInterval: slowClients.checkMs,
  };
  const server = createServer(settings, (request, response) => {
    const url = requestUrl(request, routes);
    if (!url) return sendJson(response, 400, { error: 'the address is not a URL' });
    const route = Object.hasOwn(routes, url.pathname) ? routes[url.pathname] : options.fallback;
    if (!route) return sendJson(response, 404, { error: 'not found' });
    Promise.try(route, request, response, url).catch((error: unknown) => {
      options.onError(error);
      if (response.headersSent) response.destroy();
      else sendJson(response, 500, { error: 'internal server error' });
    });
  });
  server.on('clientError', refuseUnreadable);
  // Server.closeAllConnections knows nothing of those that have become WebSockets.
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  return {
    server,
    listen: () =>
      new Promise((resolve, reject) => {
        server.once('error', reject);
        server.listen(options.port, options.host, () => {
          server.off('error', reject);
          resolve((server.address() as AddressInfo).port);
        });
      }),
    async close(graceMs = 5_000) {
      isClosing = true;
      if (!server.listening) return;
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeIdleConnections();
      const timer = setTimeout(() => {
        for (const socket of sockets) socket.destroy();
      }, graceMs);
      await closed;
      clearTimeout(timer);
    },
  };
}

/** Answers with JSON. */
export function sendJson(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  response
    .writeHead(status, { 'content-type': 'application/json; charset=utf-8', ...headers })
    .end(JSON.stringify(body));
}

/** Answers what is not HTTP, in JSON as everything else; as much as can still be said on such a connection. */
function refuseUnreadable(error: NodeJS.ErrnoException, socket: Duplex): void {
  // What is being answered on it cannot be mended: in the midst of that, nothing else can be said.
  const answering = (socket as Duplex & { _httpMessage?: ServerResponse })._httpMessage;
  if (error.code === 'ECONNRESET' || !socket.writable || answering?.headersSent) return void socket.destroy();
  const status = unreadable[error.code ?? ''] ?? '400 Bad Request';
  const message = `The request cannot be read: ${status.slice(4)}`;
  const body = JSON.stringify({ errors: [{ message, extensions: { code: 'BAD_REQUEST' } }] });
  const head = [
    `HTTP/1.1 ${status}`,
    'content-type: application/json; charset=utf-8',
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy());
}

/** What Node's HTTP parser gives a status of its own. */
const unreadable: Record<string, string> = {
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  HPE_CHUNK_EXTENSIONS_OVERFLOW: '413 Payload Too Large',
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
};

/** URLs of targets that are asked for again and again; nobody changes them. */
const plainUrls = new Map<string, URL>();

function requestUrl(request: IncomingMessage, routes: Record<string, Route>): URL | undefined {
  const target = request.url ?? '/';
  const known = plainUrls.get(target);
  if (known) return known;
  const url = readUrl(target);
  if (url && Object.hasOwn(routes, target)) plainUrls.set(target, url);
  return url;
}

function readUrl(target: string): URL | undefined {
  // Only the path and the query count; a fixed base keeps a strange Host header from making the URL unreadable.
  return target.startsWith('/') && URL.canParse(`http://localhost${target}`)
    ? new URL(`http://localhost${target}`)
    : undefined;
}
