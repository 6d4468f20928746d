import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { eventually } from '#shared/testing/eventually.ts';
import { createBinance } from './binance.ts';
import type { Feed } from './feed.ts';
import { bookTicker, serveBinance } from './test/exchanges.ts';
import { fastTimings, keptLog, receive } from './test/receive.ts';

let server: Awaited<ReturnType<typeof serveBinance>>;
let feed: Feed | undefined;

beforeEach(async () => {
  server = await serveBinance();
});

afterEach(async () => {
  await feed?.stop();
  await server.close();
});

async function start(timings: Partial<typeof fastTimings> = {}) {
  const { lines, logger } = keptLog();
  feed = createBinance({
    url: server.url,
    markets: ['PAXGUSDT'],
    weight: 1,
    clock: Date.now,
    random: () => 0.999,
    logger,
    timings: { ...fastTimings, pingEveryMs: 20, ...timings },
  });
  return { feed, lines, received: await receive(feed) };
}

const book = (change: number) => ({ bid: `${4000 + change}.10`, ask: `${4001 + change}.20` });

describe('a feed of an exchange', () => {
  test('every quote after any fault arrives, once and in order', async () => {
    const { received } = await start({ idleMs: 1_000 });
    let change = 0;
    const tell = (from = change) => {
      const connection = server.connections.at(-1)!;
      for (change = from + 1; change < from + 5; change += 1)
        connection.send(bookTicker('PAXGUSDT', change, book(change)));
      change -= 1;
    };
    const faults: ((connection: (typeof server.connections)[number]) => void)[] = [
      (connection) => connection.cut(),
      (connection) => connection.close(1001, 'going away'),
      (connection) => connection.fallSilent(),
      (connection) => connection.send('x'.repeat(300_000)),
      (connection) => connection.sendBytes(Buffer.alloc(300_000, 255)),
      (connection) => connection.close(1013, 'try again later'),
    ];
    for (const [index, fault] of faults.entries()) {
      const connection = await server.connection(index);
      tell();
      await received.until(change);
      fault(connection);
    }
    await server.connection(faults.length);
    tell();
    await received.until(change);
    expect(received.quotes.map(({ bid }) => bid)).toEqual(Array.from({ length: change }, (_, i) => book(i + 1).bid));
  });

  test('it comes back ever less often, and soon again only after a connection that brought a quote', async () => {
    const { lines, received } = await start({ backoff: { firstMs: 20, longestMs: 160 } });
    await server.connection(0);
    server.refuse({ status: 500 });
    server.connections[0]!.cut();
    await eventually(() => expect(server.attempts.length).toBeGreaterThanOrEqual(6));
    const gaps = server.attempts.slice(2, 6).map((at, index) => at - server.attempts[index + 1]!);
    // 40, 80, 160 and 160 ms by the backoff, of which timers take up to a millisecond off.
    [38, 78, 158, 158].forEach((least, index) => expect(gaps[index]).toBeGreaterThan(least));
    server.admit();
    const connection = await server.connection(1);
    connection.cut();
    const unproven = await server.connection(2);
    expect(server.attempts.at(-1)! - server.attempts.at(-2)!).toBeGreaterThan(158);
    unproven.send(bookTicker('PAXGUSDT', 1, book(1)));
    await received.until(1);
    unproven.cut();
    await server.connection(3);
    const failures = lines.flatMap((line) => ('failures' in line && 'reason' in line ? [line['failures']] : []));
    expect(failures.at(-1)).toBe(1);
  });

  test('two connections do not begin sooner after one another than the exchange allows, whatever happens', async () => {
    const { received } = await start({ connectGapMs: 120, backoff: { firstMs: 0, longestMs: 0 } });
    for (let index = 0; index < 4; index += 1) {
      const connection = await server.connection(index);
      connection.send(bookTicker('PAXGUSDT', index, book(index)));
      await received.until(index + 1);
      if (index % 2 === 0) connection.cut();
      else connection.send({ e: 'serverShutdown' });
    }
    await server.connection(4);
    server.attempts.slice(1).forEach((at, index) => expect(at - server.attempts[index]!).toBeGreaterThan(60));
  });

  test('an exchange that asks to be left alone is, and its health says until when and why', async () => {
    server.refuse({ status: 429, headers: { 'Retry-After': '1' } });
    const { feed, received, lines } = await start();
    await eventually(() => expect(feed.health().detail).toContain('HTTP 429'));
    expect(feed.health()).toMatchObject({ ok: false, lastQuoteAt: undefined });
    expect(feed.health().detail).toMatch(
      /^not connected; last failure: HTTP 429 instead of a connection; next attempt at \d{4}-\d\d-\d\dT[\d:.]+Z$/,
    );
    server.admit();
    (await server.connection(0)).send(bookTicker('PAXGUSDT', 1, book(1)));
    await received.until(1);
    expect(server.attempts).toHaveLength(2);
    expect(server.attempts[1]! - server.attempts[0]!).toBeGreaterThan(990);
    expect(feed.health()).toMatchObject({ ok: true, detail: 'quotes come' });
    expect(Math.abs(feed.health().lastQuoteAt! - Date.now())).toBeLessThan(60_000);
    expect(lines.map(({ level }) => level)).not.toContain(50);
  });

  test('one that does not serve this country is for operators, and does not stand in the way of stopping', async () => {
    server.refuse({ status: 451 });
    const { feed, lines } = await start();
    await eventually(() =>
      expect(lines).toContainEqual(expect.objectContaining({ level: 50, reason: 'HTTP 451 instead of a connection' })),
    );
    await feed.stop();
    expect(server.attempts).toHaveLength(1);
  });

  test('nothing is delivered or connected after it has stopped, whenever that was', async () => {
    const moments: ((feed: Feed) => Promise<unknown>)[] = [
      async () => {},
      async () => eventually(() => expect(server.attempts.length).toBeGreaterThan(0)),
      async () => server.connection(server.connections.length),
      async () => {
        (await server.connection(server.connections.length)).cut();
      },
    ];
    for (const moment of moments) {
      const { feed, received } = await start();
      await moment(feed);
      await feed.stop();
      const [quotes, attempts] = [received.quotes.length, server.attempts.length];
      server.tell('PAXGUSDT', 1, book(1));
      await eventually(() => expect(server.connections.every((connection) => !connection.isOpen())).toBe(true));
      expect([received.quotes.length, server.attempts.length]).toEqual([quotes, attempts]);
    }
  });

  test('it is not healthy before it is connected', async () => {
    server.refuse({ status: undefined });
    const { feed } = await start();
    await eventually(() => expect(server.attempts).toHaveLength(1));
    expect(feed.health()).toEqual({ ok: false, detail: 'not connected', lastQuoteAt: undefined });
  });
});
