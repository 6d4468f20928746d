import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, test } from '@jest/globals';
import { eventually } from '#shared/testing/eventually.ts';
import { acceptMultipart, acceptSse, get, post } from '../../test/raw-stream.ts';
import { aMessage, startStreamingServer, type StreamingServer } from './test/streaming-server.ts';

let server: StreamingServer;
afterEach(() => server.close());

const query = 'subscription { priceUpdated }';
const started = (count = 1) => eventually(() => expect(server.joins).toHaveLength(count));

describe.each([
  ['server-sent events', 'sse', acceptSse],
  ['multipart', 'multipart', acceptMultipart],
] as const)('a stream of %s', (_name, kind, accept) => {
  test('is left at once when its client goes away', async () => {
    server = await startStreamingServer();
    const stream = await post(server.url, accept, { query: 'subscription personal' });
    await started();
    expect(server.metrics.connections[kind]).toBe(1);
    stream.close();
    await eventually(() => expect(server.joins[0]!.left).toEqual(['disconnected']));
    expect(server.metrics.connections[kind]).toBe(0);
    expect(server.watched.size).toBe(0);
  });

  test.each(['token_expired', 'session_ended'] as const)('ends with %s when it is personal', async (reason) => {
    server = await startStreamingServer();
    const personal = await post(server.url, accept, { query: 'subscription personal' });
    await started();
    const open = await post(server.url, accept, { query });
    await started(2);
    server.endSessions(reason);
    const text = await personal.whole();
    expect(text).toContain(kind === 'sse' ? `: ${reason}\n\n` : `"code":"${reason.toUpperCase()}","retryable":true`);
    expect(server.joins[0]!.left).toEqual([reason]);
    server.joins[1]!.deliver(aMessage(5));
    await open.until('"sequence":"5"');
    expect(server.joins[1]!.left).toEqual([]);
    open.close();
  });

  test('is not left once more when it has ended by itself', async () => {
    server = await startStreamingServer();
    const stream = await post(server.url, accept, { query: 'subscription personal' });
    await started();
    server.joins[0]!.end({ kind: 'complete' });
    await stream.whole();
    await eventually(() => expect(server.metrics.connections[kind]).toBe(0));
    expect(server.joins[0]!.left).toEqual([]);
    expect(server.watched.size).toBe(0);
  });

  test('asks its client to come back when the gateway closes, not all at one moment', async () => {
    server = await startStreamingServer();
    const streams = await Promise.all([1, 2, 3, 4].map(() => post(server.url, accept, { query })));
    await started(4);
    const begun = performance.now();
    const ends = Promise.all(streams.map((stream) => stream.whole().then(() => performance.now() - begun)));
    await server.streams.close(1_200);
    const endedAfterMs = (await ends).toSorted((one, other) => one - other);
    expect(endedAfterMs[3]! - endedAfterMs[0]!).toBeGreaterThan(600);
    expect(streams[0]!.text()).toMatch(/shutdown/i);
    expect(server.joins.flatMap(({ left }) => left)).toEqual(['shutdown', 'shutdown', 'shutdown', 'shutdown']);
    const late = await post(server.url, accept, { query });
    expect([late.status, late.headers.get('retry-after')]).toEqual([503, '2']);
    expect(await late.whole()).toContain('SHUTDOWN');
  });

  test('is one of so many that a client may have, until it is closed', async () => {
    server = await startStreamingServer({ connectionsPerClient: 1 });
    const first = await post(server.url, accept, { query });
    const second = await post(server.url, accept, { query });
    expect([second.status, second.headers.get('retry-after')]).toEqual([429, '5']);
    expect(await second.whole()).toContain('TOO_MANY_CONNECTIONS');
    first.close();
    await eventually(async () => {
      const third = await post(server.url, accept, { query });
      expect(third.status).toBe(200);
      third.close();
    });
  });

  test('is not begun by a client that begins too many a second', async () => {
    server = await startStreamingServer({ operationsPerSecond: 0.5 });
    const first = await post(server.url, accept, { query });
    const second = await post(server.url, accept, { query });
    const third = await post(server.url, accept, { query });
    expect([first.status, second.status, third.status]).toEqual([200, 200, 429]);
    expect(Number(third.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await third.whole()).toContain('RATE_LIMITED');
    first.close();
    second.close();
  });
});

test('EventSource, which a status would turn away for ever, comes back to a gateway that closes or is full', async () => {
  server = await startStreamingServer({ connectionsPerClient: 1 });
  const held = await get(server.url, { query });
  const tooMany = await get(server.url, { query });
  expect(await tooMany.whole()).toMatch(/^retry: 5000\n\nevent: next\ndata: .*TOO_MANY_CONNECTIONS.*\n\n$/);
  await server.streams.close(0);
  await held.whole();
  const late = await get(server.url, { query });
  expect(late.status).toBe(200);
  expect(await late.whole()).toMatch(/^retry: 2000\n\nevent: next\ndata: .*SHUTDOWN.*\n\n$/);
});

describe('a client that stops reading', () => {
  const padding = 'x'.repeat(50_000);
  /** A socket that has sent its request and reads nothing behind the first bytes of the answer. */
  async function stalled(query: string): Promise<Socket & { received: () => string }> {
    const { port, host } = new URL(server.url);
    const socket = connect({ port: Number(port), host: '127.0.0.1', readableHighWaterMark: 1_024 } as never);
    let text = '';
    socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
    const body = JSON.stringify({ query });
    const headers = `Host: ${host}\r\nAccept: ${acceptSse}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}`;
    socket.write(`POST /graphql HTTP/1.1\r\n${headers}\r\n\r\n${body}`);
    await eventually(() => expect(text).toContain('retry:'));
    socket.pause();
    return Object.assign(socket, { received: () => text });
  }
  const sequencesIn = (text: string) => [...text.matchAll(/id: (\d+)/g)].map(([, id]) => Number(id));

  test('gets the newest price when it reads on, and has not held up anybody', async () => {
    server = await startStreamingServer({ backlogBytes: 1_000_000 });
    const slow = await stalled('subscription resumable');
    const quick = await post(server.url, acceptSse, { query });
    await started(2);
    for (let sequence = 1; sequence <= 400; sequence += 1) {
      for (const joined of server.joins) joined.deliver(aMessage(sequence, 'XAU-USD', padding));
      await new Promise(setImmediate);
    }
    await quick.until('id: 400');
    expect(server.metrics.messages.conflated).toBeGreaterThan(100);
    slow.resume();
    await eventually(() => expect(sequencesIn(slow.received()).at(-1)).toBe(400));
    const received = sequencesIn(slow.received());
    expect(received.length).toBeLessThan(300);
    expect(received).toEqual(received.toSorted((one, other) => one - other));
    slow.destroy();
    quick.close();
  });

  test('gets everything in order, and the end behind it, where every event counts', async () => {
    const lastBytesMs = 250;
    server = await startStreamingServer({ backlogBytes: 100_000_000, lastBytesMs });
    const slow = await stalled('subscription everything');
    await started();
    for (let sequence = 1; sequence <= 300; sequence += 1) {
      server.joins[0]!.deliver(aMessage(sequence, 'order', padding));
    }
    server.joins[0]!.end({ kind: 'complete' });
    // The time for the last bytes begins when they are written, and not while the events before them wait.
    const endedAt = Date.now();
    await eventually(() => expect(Date.now() - endedAt).toBeGreaterThan(2 * lastBytesMs));
    slow.resume();
    await eventually(() => expect(slow.received()).toContain('event: complete'));
    expect(sequencesIn(slow.received())).toEqual(Array.from({ length: 300 }, (_, index) => index + 1));
    slow.destroy();
  });

  test('is cut when it does not take the end', async () => {
    server = await startStreamingServer({ lastBytesMs: 50 });
    const slow = await stalled('subscription everything');
    await started();
    server.joins[0]!.deliver(aMessage(1, 'order', padding.repeat(400)));
    server.joins[0]!.end({ kind: 'complete' });
    await eventually(() => expect(server.metrics.connections.sse).toBe(0));
    slow.destroy();
  });

  test('is cut when it falls too far behind', async () => {
    server = await startStreamingServer({ backlogBytes: 200_000 });
    const slow = await stalled('subscription everything');
    await started();
    for (let sequence = 1; server.joins[0]!.left.length === 0; sequence += 1) {
      server.joins[0]!.deliver(aMessage(sequence, 'order', padding));
      await new Promise(setImmediate);
    }
    expect(server.joins[0]!.left).toEqual(['too_slow']);
    await eventually(() => expect(server.metrics.connections.sse).toBe(0));
    expect(server.metrics.messages.backlogBytes).toBe(0);
    slow.destroy();
  });
});
