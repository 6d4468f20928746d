import { afterEach, describe, expect, test } from '@jest/globals';
import { eventually } from '#shared/testing/eventually.ts';
import { createCoinbase } from './coinbase.ts';
import type { Feed } from './feed.ts';
import type { ExchangeServer } from './test/exchange-server.ts';
import { coinbaseTicker, serveCoinbase } from './test/exchanges.ts';
import { fastTimings, keptLog, receive } from './test/receive.ts';

const now = Date.parse('2026-11-18T12:00:00Z');
let server: ExchangeServer | undefined;
let feed: Feed | undefined;

afterEach(async () => {
  await feed?.stop();
  await server?.close();
});

async function start(tickers: string[], markets = ['PAXG-USD']) {
  const last = { bid: '4083.90', ask: '4084.11', sequence: 3262786978, time: '2026-11-18T11:58:00.250000Z' };
  server = await serveCoinbase({ tickers: new Map(tickers.map((market) => [market, last])), subscribeWithinMs: 2_000 });
  const { lines, logger } = keptLog();
  feed = createCoinbase({
    url: server.url,
    markets,
    weight: 1,
    clock: () => now,
    random: Math.random,
    logger,
    timings: fastTimings,
  });
  return { lines, server, feed, received: await receive(feed) };
}

describe('Coinbase', () => {
  test('trades bring the best bid and ask with their own digits and time', async () => {
    const { received, server, feed } = await start(['PAXG-USD']);
    await received.until(1);
    const connection = await server.connection(0);
    expect(connection.received).toEqual([
      { type: 'subscribe', product_ids: ['PAXG-USD'], channels: ['ticker', 'heartbeat'] },
    ]);
    connection.send(
      coinbaseTicker('PAXG-USD', {
        bid: '4084',
        ask: '4084.2000',
        sequence: 3262786979,
        time: '2026-11-18T11:59:59.9Z',
      }),
    );
    await received.until(2);
    const gold = { source: 'coinbase-paxg', symbol: 'XAU-USD' };
    expect(received.quotes).toEqual([
      { ...gold, bid: '4083.90', ask: '4084.11', time: Date.parse('2026-11-18T11:58:00.25Z') },
      { ...gold, bid: '4084', ask: '4084.2000', time: now - 100 },
    ]);
    expect(feed.sources).toEqual([
      { name: 'coinbase-paxg', symbol: 'XAU-USD', kind: 'token', weight: 1, freshForMs: 60_000, isLive: true },
    ]);
  });

  test('heartbeats keep the connection and confirm no quote', async () => {
    const { received, server } = await start(['PAXG-USD']);
    await received.until(1);
    const begun = performance.now();
    await eventually(() => expect(performance.now() - begun).toBeGreaterThan(200));
    expect(received.alive.size).toBe(0);
    expect(server.connections).toHaveLength(1);
  });

  test('an older trade than the last is left out', async () => {
    const { received, server } = await start(['PAXG-USD']);
    await received.until(1);
    const connection = await server.connection(0);
    const say = (sequence: number, bid: string) =>
      connection.send(coinbaseTicker('PAXG-USD', { bid, ask: '4090', sequence }));
    say(3262786978, '4001');
    say(3262786977, '4002');
    say(3262786990, '4003');
    await received.until(2);
    expect(received.quotes.map(({ bid }) => bid)).toEqual(['4083.90', '4003']);
    expect(received.quotes[1]!.time).toBe(now);
  });

  test('a product that is not there takes no other with it, and comes when it is there', async () => {
    const { received, server, feed } = await start(['PAXG-USD'], ['FOO-USD', 'PAXG-USD']);
    await received.until(1);
    expect(feed.health().detail).toBe(
      'quotes come; FOO-USD is refused: Failed to subscribe: FOO-USD is not a valid product',
    );
    await eventually(() => expect((server.connections[0]!.received as unknown[]).length).toBeGreaterThan(3));
    expect(server.connections[0]!.received.at(-1)).toMatchObject({ product_ids: ['FOO-USD'] });
    expect(server.connections).toHaveLength(1);
  });

  test('an error that is about no market ends the connection, and the next one goes on', async () => {
    const { received, server, lines } = await start(['PAXG-USD']);
    await received.until(1);
    (await server.connection(0)).send({ type: 'error', message: 'ErrSlowConsume' });
    await received.until(2);
    expect(lines).toContainEqual(
      expect.objectContaining({ msg: 'lost the connection to an exchange', reason: 'ErrSlowConsume' }),
    );
  });
});
