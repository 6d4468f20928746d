import { randomUUID } from 'node:crypto';
import { connect } from 'node:net';
import type { ClientOperation } from './operations.ts';
import { chunkReader, clientFrame, frameReader, headReader, type BytesReader } from './wire-format.ts';

export type ClientTransport = 'websocket' | 'sse' | 'multipart';

export type OpenSubscription = {
  /** Stops to read. A WebSocket client goes on to tell that it is alive, or it would soon be taken for dead. */
  pause(): void;
  close(): void;
};

/** What a client tells of its subscription; the bytes may not be kept. */
type Listener = {
  onMessage(bytes: Buffer, start: number, end: number): void;
  /** Called once, and not after `close()`. */
  onEnd(reason: string): void;
};

const signOfLifeMs = 3_000;

/** All sockets read into these: what arrives is used up before the next one reads. */
const arrivals = Buffer.alloc(256 * 1_024);

const nextType = Buffer.from('"type":"next"');
/** Of a message: an operation's id of 36 characters may come before its type. */
const typeWithinBytes = 64;
const acceptedTypes = {
  sse: 'text/event-stream',
  multipart: 'multipart/mixed;boundary="graphql";subscriptionSpec=1.0,application/json',
};

/**
 * One client with one subscription on a raw socket: it costs a small part of what a real client does, so that many fit
 * beside the server under test. WebSocket clients speak graphql-transport-ws, the others POST.
 */
export function openSubscription(
  target: { port: number; transport: ClientTransport; operation: ClientOperation },
  listener: Listener,
): OpenSubscription {
  let isOver = false;
  let signsOfLife: NodeJS.Timeout | undefined;
  const end = (reason: string) => {
    if (isOver) return;
    isOver = true;
    clearInterval(signsOfLife);
    socket.destroy();
    listener.onEnd(reason);
  };
  const send = (bytes: string | Buffer) => void socket.write(bytes);
  const { greeting, reader } = target.transport === 'websocket' ? webSocket() : post(target.transport);
  const socket = connect({
    host: '127.0.0.1',
    port: target.port,
    noDelay: true,
    onread: {
      buffer: arrivals,
      callback(size) {
        reader(arrivals.subarray(0, size));
        return true;
      },
    },
  });
  socket.on('connect', () => send(greeting));
  socket.on('error', (error) => end(error.message));
  socket.on('close', () => end('the connection was closed'));

  function webSocket(): { greeting: string; reader: BytesReader } {
    const onText = (bytes: Buffer, start: number, stop: number) => {
      const next = bytes.indexOf(nextType, start);
      if (next >= 0 && next < start + typeWithinBytes) return listener.onMessage(bytes, start, stop);
      const text = bytes.toString('utf8', start, stop);
      const { type } = JSON.parse(text) as { type: string };
      if (type === 'ping') send(clientFrame('{"type":"pong"}'));
      else if (type === 'connection_ack')
        send(clientFrame(JSON.stringify({ id: randomUUID(), type: 'subscribe', payload: target.operation })));
      else if (type !== 'pong') end(text.slice(0, 300));
    };
    const onFrame = (opcode: number, bytes: Buffer, start: number, stop: number) => {
      if (opcode === 1) onText(bytes, start, stop);
      else if (opcode === 8) end(`closed with ${bytes.readUInt16BE(start)} ${bytes.toString('utf8', start + 2, stop)}`);
      else if (opcode === 9) send(clientFrame(bytes.subarray(start, stop), 10));
    };
    return {
      greeting: [
        'GET /graphql HTTP/1.1',
        'Host: 127.0.0.1',
        'Connection: Upgrade',
        'Upgrade: websocket',
        'Sec-WebSocket-Version: 13',
        'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
        'Sec-WebSocket-Protocol: graphql-transport-ws',
        '\r\n',
      ].join('\r\n'),
      reader: headReader((head) => {
        if (!head.startsWith('HTTP/1.1 101')) end(head);
        else send(clientFrame('{"type":"connection_init"}'));
        return frameReader(onFrame);
      }),
    };
  }

  function post(transport: 'sse' | 'multipart'): { greeting: string; reader: BytesReader } {
    const body = JSON.stringify(target.operation);
    return {
      greeting: [
        'POST /graphql HTTP/1.1',
        'Host: 127.0.0.1',
        `Accept: ${acceptedTypes[transport]}`,
        'Content-Type: application/json',
        `Content-Length: ${Buffer.byteLength(body)}`,
        `\r\n${body}`,
      ].join('\r\n'),
      reader: headReader((head) => {
        if (head.startsWith('HTTP/1.1 200')) return chunkReader(listener.onMessage);
        end(head);
        return () => {};
      }),
    };
  }
  return {
    pause() {
      socket.pause();
      if (target.transport === 'websocket') signsOfLife = setInterval(() => send(clientFrame('', 10)), signOfLifeMs);
    },
    close() {
      isOver = true;
      clearInterval(signsOfLife);
      socket.destroy();
    },
  };
}
