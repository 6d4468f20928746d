import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { eventually } from '#shared/testing/eventually.ts';
import { openExchangeSocket, type ExchangeSocket, type SocketEnd } from './exchange-socket.ts';
import { serveExchange, type ExchangeServer } from './test/exchange-server.ts';

const patient = { handshakeMs: 30_000, idleMs: 30_000, pingEveryMs: undefined };
let server: ExchangeServer;
let sockets: ExchangeSocket[];

beforeEach(async () => {
  server = await serveExchange();
  sockets = [];
});

afterEach(async () => {
  await Promise.all(sockets.map((socket) => socket.close()));
  await server.close();
});

/** Opens a socket that understands only `ok`. */
function open(timings: Partial<Parameters<typeof openExchangeSocket>[0]['timings']> = {}) {
  const texts: string[] = [];
  const ends: SocketEnd[] = [];
  const ended = Promise.withResolvers<SocketEnd>();
  const opened = Promise.withResolvers<void>();
  const socket = openExchangeSocket({
    url: server.url,
    timings: { ...patient, ...timings },
    clock: () => Date.parse('2026-11-18T12:00:00Z'),
    onOpen: opened.resolve,
    onMessage: (text) => texts.push(text) > 0 && text === 'ok',
    onEnd(end) {
      ends.push(end);
      ended.resolve(end);
    },
  });
  sockets.push(socket);
  return { socket, texts, opened: opened.promise, ended: ended.promise, ends };
}

describe('a connection to an exchange', () => {
  test('one that the network loses ends, and so does one that the exchange closes, with its code and words', async () => {
    const lost = open();
    (await server.connection(0)).cut();
    expect(await lost.ended).toEqual({ reason: 'closed with 1006', leastWaitMs: 0, isForOperator: false });
    const closed = open();
    (await server.connection(1)).close(1008, 'too many messages');
    expect(await closed.ended).toMatchObject({ reason: 'closed with 1008: too many messages' });
  });

  test('one that says nothing is dropped, though the network still holds it', async () => {
    const { ended } = open({ idleMs: 100, pingEveryMs: 10 });
    (await server.connection(0)).fallSilent();
    expect(await ended).toMatchObject({ reason: 'nothing heard for 100 ms' });
  });

  test('noise is no sign of life', async () => {
    const { ended, texts } = open({ idleMs: 100 });
    const connection = await server.connection(0);
    const noise = setInterval(() => connection.isOpen() && connection.send('noise'), 5);
    expect(await ended).toMatchObject({ reason: 'nothing heard for 100 ms' });
    clearInterval(noise);
    expect(texts).toContain('noise');
  });

  test('every message, every ping and every answer to one is a sign of life', async () => {
    const signs = [open({ idleMs: 1_000 }), open({ idleMs: 1_000 }), open({ idleMs: 1_000, pingEveryMs: 20 })];
    await Promise.all(signs.map(({ opened }) => opened));
    const [messages, pings] = server.connections;
    const sending = setInterval(() => {
      messages!.send('ok');
      pings!.ping();
    }, 20);
    const begun = performance.now();
    await eventually(() => expect(performance.now() - begun).toBeGreaterThan(1_300));
    clearInterval(sending);
    expect(server.connections.map((connection) => connection.isOpen())).toEqual([true, true, true]);
    for (const { socket } of signs) expect(socket.silentMs()).toBeLessThan(1_000);
  });

  test('one that is never answered is given up', async () => {
    server.refuse({ status: undefined });
    const { ended } = open({ handshakeMs: 50 });
    expect(await ended).toMatchObject({ reason: 'not open within 50 ms' });
  });

  test('one that nobody takes says why', async () => {
    await server.close();
    const { ended } = open();
    expect((await ended).reason).toContain('ECONNREFUSED');
  });

  test('a message that is too large ends it at once', async () => {
    const { ended, texts } = open();
    (await server.connection(0)).send('x'.repeat(300_000));
    expect((await ended).reason).toMatch(/max payload/i);
    expect(texts).toEqual([]);
  });

  test.each([
    { status: 429, headers: { 'Retry-After': '7' }, leastWaitMs: 7_000, isForOperator: false },
    {
      status: 503,
      headers: { 'Retry-After': 'Wed, 18 Nov 2026 12:00:30 GMT' },
      leastWaitMs: 30_000,
      isForOperator: false,
    },
    { status: 429, leastWaitMs: 60_000, isForOperator: false },
    { status: 418, leastWaitMs: 120_000, isForOperator: true },
    { status: 403, leastWaitMs: 600_000, isForOperator: true },
    { status: 451, leastWaitMs: 600_000, isForOperator: true },
    { status: 500, leastWaitMs: 0, isForOperator: false },
  ])('HTTP $status is followed by $leastWaitMs ms of peace', async (answer) => {
    server.refuse({ status: answer.status, headers: answer.headers as Record<string, string> });
    const { leastWaitMs, isForOperator } = answer;
    expect(await open().ended).toEqual({
      reason: `HTTP ${answer.status} instead of a connection`,
      leastWaitMs,
      isForOperator,
    });
  });

  test('nothing is handed on once it is closed, and the exchange is told', async () => {
    const { socket, texts, opened, ends } = open();
    await opened;
    const connection = await server.connection(0);
    connection.send('ok');
    await eventually(() => expect(texts).toEqual(['ok']));
    connection.send('late');
    await socket.close();
    expect([texts, ends]).toEqual([['ok'], []]);
    await eventually(() => expect(connection.closedWith).toBe(1000));
  });

  test('one that does not answer a close is cut', async () => {
    const { socket, opened } = open();
    await opened;
    (await server.connection(0)).fallSilent();
    await socket.close();
  });

  test('closing one that is not open yet gives it up', async () => {
    server.refuse({ status: undefined });
    const { socket } = open();
    await eventually(() => expect(server.attempts).toHaveLength(1));
    await socket.close();
  });
});
