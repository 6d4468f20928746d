import { afterEach, describe, expect, test } from '@jest/globals';
import { eventually } from '#shared/testing/eventually.ts';
import { aMessage } from './test/driven-operations.ts';
import { openRawSocket, type RawSocket } from '../../test/raw-websocket.ts';
import { startWebSocketServer } from './test/websocket-server.ts';

type Server = Awaited<ReturnType<typeof startWebSocketServer>>;

/** More than the operating system's buffers on both sides hold. */
const roundsToFill = 400;
const large = 'x'.repeat(32_768);

let server: Server;
const sockets: RawSocket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.close();
  await server.close();
});

async function subscribed(query: string, count = 1) {
  const client = openRawSocket(server.url);
  sockets.push(client);
  await client.init();
  for (let id = 1; id <= count; id += 1) client.subscribe(String(id), query);
  await eventually(() => expect(server.joined.filter(({ request }) => request.query === query)).toHaveLength(count));
  return { client, operations: server.joined.filter(({ request }) => request.query === query) };
}

const pricesOf = (client: RawSocket) =>
  client.messages.flatMap(({ type, payload }) =>
    type === 'next' ? [(payload as { data: { symbol: string; sequence: number } }).data] : [],
  );

/** Lets the process do what is due, so that sockets are written to between events. */
const breathe = () => new Promise((resolve) => setImmediate(resolve));

async function tick(
  operation: { subscriber: { deliver(message: ReturnType<typeof aMessage>): void } },
  rounds: number,
) {
  for (let sequence = 1; sequence <= rounds; sequence += 1) {
    for (const symbol of ['XAU-USD', 'XAG-USD']) {
      operation.subscriber.deliver(aMessage({ symbol, sequence, large }, symbol));
    }
    await breathe();
  }
}

describe('a WebSocket client that stops reading', () => {
  test('gets the latest of each key when it reads on, in order, and what waits for it is bounded', async () => {
    server = await startWebSocketServer();
    const { client, operations } = await subscribed('subscription { prices }');
    client.stopReading();
    await tick(operations[0]!, roundsToFill);
    expect(server.counts.conflated).toBeGreaterThan(0);
    expect(server.counts.backlogBytes).toBeLessThanOrEqual(2 * (large.length + 100));
    client.readOn();
    await eventually(() => {
      for (const symbol of ['XAU-USD', 'XAG-USD']) {
        const sequences = pricesOf(client)
          .filter((price) => price.symbol === symbol)
          .map((price) => price.sequence);
        expect(sequences.at(-1)).toBe(roundsToFill);
        expect(sequences).toEqual([...sequences].sort((one, other) => one - other));
      }
    });
    const { sent, conflated, dropped, backlogBytes } = server.counts;
    expect(sent + conflated).toBe(2 * roundsToFill);
    expect({ dropped, backlogBytes }).toEqual({ dropped: 0, backlogBytes: 0 });
  });

  test('gets every event in order where each counts', async () => {
    server = await startWebSocketServer({ slowClientBytes: 50_000_000 });
    const { client, operations } = await subscribed('subscription { orders }');
    client.stopReading();
    await tick(operations[0]!, roundsToFill);
    expect(server.counts.backlogBytes).toBeGreaterThan(0);
    operations[0]!.subscriber.end({ kind: 'complete' });
    client.readOn();
    await eventually(() => expect(client.messages.at(-1)?.type).toBe('complete'));
    expect(pricesOf(client).map(({ sequence }) => sequence)).toEqual(
      Array.from({ length: 2 * roundsToFill }, (_, index) => Math.floor(index / 2) + 1),
    );
    expect(server.counts).toMatchObject({ conflated: 0, dropped: 0, backlogBytes: 0 });
  });

  test('is known to have taken in what was delivered only when it has, which a replay waits for', async () => {
    server = await startWebSocketServer();
    const { client, operations } = await subscribed('subscription { orders }');
    let taken = 0;
    operations[0]!.subscriber.whenSent!(() => (taken += 1));
    expect(taken).toBe(1);
    client.stopReading();
    while (server.counts.backlogBytes === 0) await tick(operations[0]!, 1);
    operations[0]!.subscriber.whenSent!(() => (taken += 1));
    await breathe();
    expect(taken).toBe(1);
    client.readOn();
    await eventually(() => expect(taken).toBe(2));
  });

  test('is told to come back when too much waits for it, and all its operations leave', async () => {
    server = await startWebSocketServer({ slowClientBytes: 200_000 });
    const { client, operations } = await subscribed('subscription { orders }', 2);
    client.stopReading();
    await tick(operations[0]!, roundsToFill);
    expect(operations.map(({ left }) => left)).toEqual(['too_slow', 'too_slow']);
    expect(server.counts.backlogBytes).toBe(0);
    expect(server.counts.dropped).toBeGreaterThan(0);
    client.readOn();
    expect(await client.closed).toEqual({ code: 1013, reason: 'Too slow' });
    await eventually(async () =>
      expect(await server.metrics()).toMatch(/clients_closed_total\{transport="websocket",reason="too_slow".*\} 1/),
    );
  });

  test('is told to come back when it takes in nothing for too long', async () => {
    server = await startWebSocketServer({ slowClientMs: 100 });
    const { client, operations } = await subscribed('subscription { prices }');
    client.stopReading();
    await tick(operations[0]!, roundsToFill);
    await eventually(() => expect(operations[0]!.left).toBe('too_slow'));
    client.readOn();
    expect((await client.closed).code).toBe(1013);
  });

  test('is not waited for by the others', async () => {
    server = await startWebSocketServer();
    const slow = await subscribed('subscription { prices of slow }');
    const quick = await subscribed('subscription { prices of quick }');
    slow.client.stopReading();
    await tick(slow.operations[0]!, roundsToFill);
    quick.operations[0]!.subscriber.deliver(aMessage({ symbol: 'XAU-USD', sequence: 1 }));
    expect(await quick.client.next()).toMatchObject({ payload: { data: { sequence: 1 } } });
  });

  test('is not cut for pings that it has no room for, before it counts as slow', async () => {
    server = await startWebSocketServer({ keepAliveMs: 50, slowClientMs: 10_000 });
    const { client, operations } = await subscribed('subscription { prices }');
    client.stopReading();
    await tick(operations[0]!, roundsToFill);
    const began = performance.now();
    await eventually(() => expect(performance.now() - began).toBeGreaterThan(300));
    expect(operations[0]!.left).toBeUndefined();
    client.readOn();
    await eventually(() => expect(pricesOf(client).at(-1)?.sequence).toBe(roundsToFill));
  });

  test('is not read from either while it does not take in its answers', async () => {
    server = await startWebSocketServer({ operationsPerSecond: 10_000, operationsPerConnection: 10_000 });
    let executed = 0;
    server.answerWith(async () => ({ data: { large, executed: (executed += 1) } }));
    const { client } = await subscribed('subscription { prices }');
    client.stopReading();
    const asked = 2_000;
    for (let id = 1; id <= asked; id += 1) {
      client.subscribe(`q${id}`, '{ large }');
      await breathe();
    }
    expect(executed).toBeLessThan(asked);
    client.readOn();
    await eventually(() => expect(client.messages.filter(({ type }) => type === 'complete')).toHaveLength(asked));
  });
});
