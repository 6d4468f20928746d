import { WebSocket } from 'ws';
import type { ExchangeTimings } from './exchange-protocol.ts';
import { retryAfterMs } from './retry-after.ts';

/** Messages of the exchanges are below 1 KiB, a first answer for many markets a few of them. */
const maxMessageBytes = 256 * 1024;
/** How long an exchange may take to answer a close. */
const closeGraceMs = 1_000;
/**
 * How long an exchange that refuses to be connected to is left alone where it does not say: 429 too many connections, 418 and
 * 403 banned for having gone on after that (Binance: from 2 minutes to 3 days), 451 not served in this country.
 */
const leastWaitsMs: Record<number, number> = { 429: 60_000, 418: 120_000, 403: 600_000, 451: 600_000 };

/** Why a connection has ended or has not come about. */
export type SocketEnd = {
  /** In words for operators. */
  reason: string;
  /** How long the exchange wants to be left alone, milliseconds. */
  leastWaitMs: number;
  /** Whether waiting does not mend it. */
  isForOperator: boolean;
};

export type ExchangeSocket = {
  send(text: string): void;
  /** Milliseconds since it was last heard of. */
  silentMs(): number;
  /** Drops it for a reason, with which `onEnd` is called. */
  fail(reason: string): void;
  /** Ends it without `onEnd`; no message is handed on any more. Resolves when it is closed, a second later at most. */
  close(): Promise<void>;
};

/**
 * One WebSocket connection to an exchange, with deadlines for everything.
 * @param options.onMessage tells whether it understood the message: noise is no sign of life
 * @param options.onEnd is called once, whether the connection was open or not
 */
export function openExchangeSocket(options: {
  url: string;
  timings: Pick<ExchangeTimings, 'handshakeMs' | 'idleMs' | 'pingEveryMs'>;
  clock: () => number;
  onOpen: () => void;
  onMessage: (text: string) => boolean;
  onEnd: (end: SocketEnd) => void;
}): ExchangeSocket {
  const { handshakeMs, idleMs, pingEveryMs } = options.timings;
  const socket = new WebSocket(options.url, { perMessageDeflate: false, maxPayload: maxMessageBytes });
  const closed = Promise.withResolvers<void>();
  let end: SocketEnd | undefined;
  let isClosing = false;
  let heardAt = performance.now();
  let pinging: NodeJS.Timeout | undefined;
  let deadline = setTimeout(() => fail(`not open within ${handshakeMs} ms`), handshakeMs);

  function fail(reason: string, leastWaitMs = 0, isForOperator = false): void {
    end ??= { reason, leastWaitMs, isForOperator };
    socket.terminate();
  }

  function hear(): void {
    heardAt = performance.now();
    deadline.refresh();
  }

  socket.on('open', () => {
    clearTimeout(deadline);
    deadline = setTimeout(() => fail(`nothing heard for ${idleMs} ms`), idleMs);
    heardAt = performance.now();
    if (pingEveryMs !== undefined) pinging = setInterval(() => socket.ping(), pingEveryMs);
    options.onOpen();
  });
  socket.on('message', (data: Buffer) => {
    if (!end && !isClosing && options.onMessage(data.toString())) hear();
  });
  socket.on('ping', hear);
  socket.on('pong', hear);
  socket.on('unexpected-response', (_request, { statusCode = 0, headers }) => {
    const waitMs = retryAfterMs(headers['retry-after'], options.clock()) ?? leastWaitsMs[statusCode] ?? 0;
    fail(`HTTP ${statusCode} instead of a connection`, waitMs, [403, 418, 451].includes(statusCode));
  });
  // After an error of the protocol, such as a message that is too large, `ws` would wait half a minute for a polite end.
  socket.on('error', (error: Error & { code?: string }) => fail(error.message || (error.code ?? error.name)));
  socket.on('close', (code, reason) => {
    clearTimeout(deadline);
    clearInterval(pinging);
    closed.resolve();
    if (isClosing) return;
    const words = reason.length > 0 ? `: ${reason.toString()}` : '';
    options.onEnd(end ?? { reason: `closed with ${code}${words}`, leastWaitMs: 0, isForOperator: false });
  });

  return {
    send: (text) => socket.send(text),
    silentMs: () => performance.now() - heardAt,
    fail: (reason) => fail(reason),
    async close() {
      isClosing = true;
      if (socket.readyState !== WebSocket.OPEN) socket.terminate();
      else socket.close(1000);
      const cut = setTimeout(() => socket.terminate(), closeGraceMs);
      await closed.promise;
      clearTimeout(cut);
    },
  };
}
