import { afterEach, describe, expect, test } from '@jest/globals';
import { eventually } from '#shared/testing/eventually.ts';
import { createBinance } from './binance.ts';
import type { Feed } from './feed.ts';
import { bookTicker, serveBinance } from './test/exchanges.ts';
import { fastTimings, keptLog, receive } from './test/receive.ts';

const now = Date.parse('2026-11-18T12:00:00Z');
let server: Awaited<ReturnType<typeof serveBinance>> | undefined;
let feed: Feed | undefined;

afterEach(async () => {
  await feed?.stop();
  await server?.close();
});

async function start(timings: Partial<typeof fastTimings> = {}, markets = ['PAXGUSDT', 'XAUTUSDT']) {
  server = await serveBinance();
  const { lines, logger } = keptLog();
  feed = createBinance({
    url: `${server.url}/`,
    markets,
    weight: 1,
    clock: () => now,
    random: Math.random,
    logger,
    timings: { ...fastTimings, pingEveryMs: 20, ...timings },
  });
  const received = await receive(feed);
  return { lines, server, feed, received, connection: await server.connection(0) };
}

/** A book whose bid tells which change it was. */
const book = (change: number) => ({ bid: `${4000 + change}.10`, ask: `${4001 + change}.20` });
const shutdown = { e: 'serverShutdown', E: 1770123456789 };
const changesOf = (quotes: { bid: string }[]) => quotes.map(({ bid }) => Math.floor(Number(bid)) - 4000);
const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index);

describe('Binance', () => {
  test('the streams of all markets are one connection, and a quote has the time of its arrival', async () => {
    const { received, connection, feed } = await start();
    expect(connection.path).toBe('/stream?streams=paxgusdt@bookTicker/xautusdt@bookTicker');
    connection.send(bookTicker('PAXGUSDT', 400900217, { bid: '4599.30', ask: '4599.31' }));
    connection.send(bookTicker('XAUTUSDT', 7, { bid: '4589.3000000', ask: '4590.00000000' }));
    await received.until(2);
    expect(received.quotes).toEqual([
      { source: 'binance-paxg', symbol: 'XAU-USD', bid: '4599.30', ask: '4599.31', time: now },
      // No price that is published has more than 7 decimals.
      { source: 'binance-xaut', symbol: 'XAU-USD', bid: '4589.3000000', ask: '4590', time: now },
    ]);
    expect(connection.received).toEqual([]);
    expect(feed.sources.map(({ name, freshForMs }) => [name, freshForMs])).toEqual([
      ['binance-paxg', 5_000],
      ['binance-xaut', 5_000],
    ]);
  });

  test('a market in a coin that is no dollar is refused', () => {
    const { logger } = keptLog();
    const create = (market: string) =>
      createBinance({
        url: 'ws://127.0.0.1:1',
        markets: [market],
        weight: 1,
        clock: Date.now,
        random: Math.random,
        logger,
      });
    expect(() => create('PAXGBTC')).toThrow("Binance's market PAXGBTC is not quoted in USDT, USDC or FDUSD");
    expect(create('PAXGUSDC').sources[0]!.name).toBe('binance-paxg-usdc');
  });

  test('an order number that goes back or stands still is an old quote', async () => {
    const { received, connection } = await start();
    for (const order of [5, 5, 4, 6]) connection.send(bookTicker('PAXGUSDT', order, book(order)));
    connection.send(bookTicker('XAUTUSDT', 1, book(1)));
    await received.until(3);
    expect(changesOf(received.quotes)).toEqual([5, 6, 1]);
  });

  test('it is asked for a sign of life, and only its answer confirms what it has said on this connection', async () => {
    const { received, connection, server } = await start({ idleMs: 1_000, aliveWithinMs: 500 });
    connection.send(bookTicker('PAXGUSDT', 1, book(1)));
    await eventually(() => expect(received.alive.get('binance-paxg')).toBeGreaterThan(3));
    expect(connection.pings).toBeGreaterThan(0);
    expect(received.alive.has('binance-xaut')).toBe(false);
    connection.fallSilent();
    const next = await server.connection(1);
    const confirmed = received.alive.get('binance-paxg')!;
    await eventually(() => expect(next.pings).toBeGreaterThan(5));
    // What was said on the lost connection may have changed since.
    expect(received.alive.get('binance-paxg')).toBe(confirmed);
    server.tell('PAXGUSDT', 2, book(2));
    await eventually(() => expect(received.alive.get('binance-paxg')).toBeGreaterThan(confirmed));
  });

  test('a stream that stands still behind a living connection is made anew', async () => {
    const { server, lines } = await start({ quietMs: 600 });
    const begun = performance.now();
    let change = 0;
    await eventually(() => {
      server.tell('PAXGUSDT', ++change, book(change));
      expect(performance.now() - begun).toBeGreaterThan(900);
    });
    expect(server.connections).toHaveLength(1);
    await server.connection(1);
    expect(lines).toContainEqual(expect.objectContaining({ reason: 'no quote for 600 ms' }));
  });

  test('however often the connection is replaced, every change is told, in order, and none twice', async () => {
    const { received, server } = await start({ replaceAfterMs: 40, lingerMs: 30 });
    let change = 0;
    await eventually(async () => {
      change += 1;
      server.tell('PAXGUSDT', change, book(change));
      expect(server.connections.length).toBeGreaterThan(8);
    });
    await received.until(change);
    expect(changesOf(received.quotes)).toEqual(range(1, change));
    const open = server.connections.filter((connection) => connection.isOpen());
    expect(open.length).toBeLessThanOrEqual(2);
  });

  test('the old connection goes on until the new one delivers, and its quotes stay confirmed', async () => {
    const { received, connection, server } = await start();
    server.tell('XAUTUSDT', 1, book(1));
    await received.until(1);
    connection.send(shutdown);
    const next = await server.connection(1);
    await eventually(() => expect(next.pings).toBeGreaterThan(3));
    expect(connection.isOpen()).toBe(true);
    connection.send(bookTicker('PAXGUSDT', 1, book(2)));
    await received.until(2);
    next.send(bookTicker('PAXGUSDT', 1, book(2)));
    next.send(bookTicker('PAXGUSDT', 2, book(3)));
    await eventually(() => expect(connection.closedWith).toBe(1000));
    const confirmed = received.alive.get('binance-xaut')!;
    await eventually(() => expect(received.alive.get('binance-xaut')).toBeGreaterThan(confirmed + 3));
    expect(changesOf(received.quotes)).toEqual([1, 2, 3]);
  });

  test('what is still on its way on the old connection when the new one begins to deliver is not lost', async () => {
    const { received, connection, server } = await start({ lingerMs: 500 });
    connection.send(shutdown);
    const next = await server.connection(1);
    next.send(bookTicker('PAXGUSDT', 1, book(1)));
    await received.until(1);
    await eventually(() => expect(next.pings).toBeGreaterThan(3));
    connection.send(bookTicker('XAUTUSDT', 1, book(2)));
    await received.until(2);
    expect(changesOf(received.quotes)).toEqual([1, 2]);
  });

  test('a successor that is lost soon leaves the old connection as it was', async () => {
    const { received, connection, server } = await start({
      lingerMs: 300,
      backoff: { firstMs: 1_200, longestMs: 1_200 },
    });
    connection.send(shutdown);
    const next = await server.connection(1);
    next.send(bookTicker('PAXGUSDT', 1, book(1)));
    await received.until(1);
    next.cut();
    await server.connection(2);
    server.connections[0]!.send(bookTicker('PAXGUSDT', 2, book(2)));
    await received.until(2);
    expect(connection.isOpen()).toBe(true);
  });

  test('a successor that does not come about leaves the old connection alone', async () => {
    const { received, server, connection, feed } = await start();
    server.refuse({ status: 500 });
    connection.send(bookTicker('PAXGUSDT', 1, book(1)));
    connection.send(shutdown);
    await eventually(() => expect(server.attempts.length).toBeGreaterThan(4));
    connection.send(bookTicker('PAXGUSDT', 2, book(2)));
    await received.until(2);
    expect(feed.health()).toMatchObject({ ok: true });
    expect(feed.health().detail).toContain('quotes come; last failure: HTTP 500 instead of a connection');
    server.admit();
    await server.connection(1);
    server.tell('PAXGUSDT', 3, book(3));
    await received.until(3);
    await eventually(() => expect(connection.isOpen()).toBe(false));
    expect(changesOf(received.quotes)).toEqual([1, 2, 3]);
  });

  test.each([shutdown, { event: shutdown }, { stream: 'x', data: shutdown }])(
    'a server that says it will shut down is left at once: %j',
    async (message) => {
      const { received, server, connection, feed } = await start({ backoff: { firstMs: 600_000, longestMs: 600_000 } });
      server.tell('PAXGUSDT', 1, book(1));
      connection.send(message);
      await server.connection(1);
      connection.send(message);
      await eventually(() => expect(feed.health().detail).not.toContain('next attempt'));
      server.tell('PAXGUSDT', 2, book(2));
      connection.close(1012, 'restart');
      await eventually(() => expect(connection.isOpen()).toBe(false));
      server.tell('PAXGUSDT', 3, book(3));
      await received.until(3);
      expect(changesOf(received.quotes)).toEqual([1, 2, 3]);
      expect(server.attempts).toHaveLength(2);
    },
  );

  test('an exchange that counts anew after a restart is believed', async () => {
    const { received, server, connection } = await start();
    connection.send(bookTicker('PAXGUSDT', 1_000, book(1)));
    await received.until(1);
    connection.cut();
    (await server.connection(1)).send(bookTicker('PAXGUSDT', 1, book(2)));
    await received.until(2);
    server.connections[1]!.send(shutdown);
    const successor = await server.connection(2);
    server.connections[1]!.send(bookTicker('PAXGUSDT', 900, book(3)));
    await received.until(3);
    successor.send(bookTicker('PAXGUSDT', 2, book(4)));
    await eventually(() => expect(server.connections[1]!.isOpen()).toBe(false));
    successor.send(bookTicker('PAXGUSDT', 3, book(5)));
    await received.until(4);
    expect(changesOf(received.quotes)).toEqual([1, 2, 3, 5]);
  });

  test('it is believed too when the old connection was lost before the new one delivered', async () => {
    const { received, server, connection } = await start();
    connection.send(bookTicker('PAXGUSDT', 1_000, book(1)));
    connection.send(shutdown);
    const successor = await server.connection(1);
    await eventually(() => expect(successor.pings).toBeGreaterThan(0));
    connection.cut();
    let order = 0;
    await eventually(() => {
      successor.send(bookTicker('PAXGUSDT', ++order, book(2)));
      expect(received.quotes).toHaveLength(2);
    });
  });
});
