import { afterEach, describe, expect, test } from '@jest/globals';
import { eventually } from '#shared/testing/eventually.ts';
import type { Feed } from './feed.ts';
import { createKraken } from './kraken.ts';
import type { ExchangeServer } from './test/exchange-server.ts';
import { krakenTicker, serveKraken } from './test/exchanges.ts';
import { fastTimings, keptLog, receive } from './test/receive.ts';

const now = Date.parse('2026-11-18T12:00:00Z');
const made = '2026-11-18T11:59:59.742648Z';
let server: ExchangeServer | undefined;
let feed: Feed | undefined;

afterEach(async () => {
  await feed?.stop();
  await server?.close();
});

async function start(
  options: Parameters<typeof serveKraken>[0],
  timings: Partial<typeof fastTimings> = {},
  markets = ['PAXG/USD', 'XAUT/USD'],
) {
  server = await serveKraken(options);
  const { lines, logger } = keptLog();
  feed = createKraken({
    url: server.url,
    markets,
    weight: 2,
    clock: () => now,
    random: Math.random,
    logger,
    timings: { ...fastTimings, ...timings },
  });
  return { lines, server, feed, received: await receive(feed) };
}

const books = () =>
  new Map([
    ['PAXG/USD', { bid: '4083.90', ask: '4084.110', timestamp: made }],
    ['XAUT/USD', { bid: '4079.1', ask: '4079.9', timestamp: made }],
  ]);

describe('Kraken', () => {
  test('both tokens are sources of gold in dollars', async () => {
    const { feed } = await start({ books: books() });
    const token = { symbol: 'XAU-USD', kind: 'token', weight: 2, freshForMs: 5_000, isLive: true };
    expect(feed.name).toBe('kraken');
    expect(feed.sources).toEqual([
      { name: 'kraken-paxg', ...token },
      { name: 'kraken-xaut', ...token },
    ]);
  });

  test('every change of the best bid and ask is asked for and comes with its own digits and time', async () => {
    const { received, server } = await start({ books: books() });
    await received.until(2);
    const connection = await server.connection(0);
    expect(connection.received).toEqual([
      {
        method: 'subscribe',
        params: { channel: 'ticker', symbol: ['PAXG/USD', 'XAUT/USD'], event_trigger: 'bbo', snapshot: true },
      },
    ]);
    connection.send(
      krakenTicker('update', 'PAXG/USD', { bid: '4084.00', ask: '4084.2', timestamp: '2026-11-18T12:00:00.1Z' }),
    );
    await received.until(3);
    const gold = { symbol: 'XAU-USD' };
    expect(received.quotes).toEqual([
      { source: 'kraken-paxg', ...gold, bid: '4083.90', ask: '4084.110', time: Date.parse(made) },
      { source: 'kraken-xaut', ...gold, bid: '4079.1', ask: '4079.9', time: Date.parse(made) },
      { source: 'kraken-paxg', ...gold, bid: '4084.00', ask: '4084.2', time: now + 100 },
    ]);
  });

  test('a time that is ahead, behind or standing still is told as it is; without one it is that of the arrival', async () => {
    const { received, server } = await start({ books: books() });
    await received.until(2);
    const connection = await server.connection(0);
    const times = ['2026-11-18T13:00:00Z', '2026-11-18T11:00:00Z', '2026-11-18T11:00:00Z', undefined];
    times.forEach((timestamp, index) =>
      connection.send(
        krakenTicker('update', 'PAXG/USD', { bid: `408${index}`, ask: '4090', ...(timestamp && { timestamp }) }),
      ),
    );
    await received.until(6);
    expect(received.quotes.slice(2).map(({ time }) => new Date(time).toISOString().slice(11, 13))).toEqual([
      '13',
      '11',
      '11',
      '12',
    ]);
  });

  test('a first answer holds now, though nothing has changed for an hour', async () => {
    const old = new Map([['PAXG/USD', { bid: '4083.9', ask: '4084.1', timestamp: '2026-11-18T11:00:00Z' }]]);
    const { received } = await start({ books: old }, {}, ['PAXG/USD']);
    expect((await received.until(1))[0]).toMatchObject({ bid: '4083.9', time: now - 5_000 });
  });

  test('heartbeats confirm the last quotes, and silence does not', async () => {
    const { received, server } = await start({ books: books() }, { aliveWithinMs: 500 });
    await eventually(() => expect([...received.alive.keys()]).toEqual(['kraken-paxg', 'kraken-xaut']));
    const before = received.alive.get('kraken-paxg')!;
    await eventually(() => expect(received.alive.get('kraken-paxg')).toBeGreaterThan(before + 3));
    (await server.connection(0)).fallSilent();
    // Confirmations are 10 ms apart.
    await eventually(() => expect(performance.now() - received.aliveAt).toBeGreaterThan(300));
    expect(server.connections).toHaveLength(1);
    expect(received.quotes).toHaveLength(2);
  });

  test('a book without one of its sides, or crossed, is left out and its last quote confirmed no more', async () => {
    const { received, server, feed, lines } = await start({ books: books() });
    await eventually(() => expect(received.alive.get('kraken-paxg')).toBeGreaterThan(0));
    const connection = await server.connection(0);
    const timestamp = made;
    for (const [bid, ask] of [
      ['null', '4084'],
      ['4084.5', '4084.4'],
      ['4084.5', '4084.50'],
      ['0', '4084'],
      ['4083', '0.0'],
    ])
      connection.send(krakenTicker('update', 'PAXG/USD', { bid: bid!, ask: ask!, timestamp }));
    await eventually(() => expect(feed.health().detail).toBe('quotes come; 5 books without a bid below an ask'));
    const [paxg, xaut] = [received.alive.get('kraken-paxg')!, received.alive.get('kraken-xaut')!];
    await eventually(() => expect(received.alive.get('kraken-xaut')).toBeGreaterThan(xaut + 3));
    expect(received.alive.get('kraken-paxg')).toBe(paxg);
    connection.send(krakenTicker('update', 'PAXG/USD', { bid: '4084.4', ask: '4084.5', timestamp }));
    await eventually(() => expect(received.alive.get('kraken-paxg')).toBeGreaterThan(paxg));
    expect(received.quotes.map(({ bid }) => bid)).toEqual(['4083.90', '4079.1', '4084.4']);
    expect(lines.filter(({ msg, level }) => msg.startsWith('left out a book') && level === 40)).toHaveLength(1);
  });

  test('a market that it does not have leaves the others alone, and comes when it is there', async () => {
    const paxgOnly = books();
    paxgOnly.delete('XAUT/USD');
    const { received, server, feed, lines } = await start({ books: paxgOnly });
    await eventually(() =>
      expect(feed.health()).toMatchObject({
        ok: true,
        detail: 'quotes come; XAUT/USD is refused: Currency pair not supported XAUT/USD',
      }),
    );
    paxgOnly.set('XAUT/USD', { bid: '4079.1', ask: '4079.9', timestamp: made });
    await received.until(2);
    expect(received.quotes.map(({ source }) => source)).toEqual(['kraken-paxg', 'kraken-xaut']);
    expect(feed.health().detail).toBe('quotes come');
    expect(server.connections).toHaveLength(1);
    expect(lines.filter(({ msg }) => msg === 'the exchange refuses a market')).toHaveLength(1);
  });

  test('it is asked ever less often while it refuses every market', async () => {
    const { server, feed, lines } = await start({ books: new Map() }, {}, ['PAXG/USD']);
    await server.connection(4);
    expect(feed.health().detail).toContain('every market refused: Currency pair not supported PAXG/USD');
    expect(lines.filter(({ msg, level }) => msg.startsWith('lost the connection') && level === 40)).toHaveLength(1);
  });

  test('while its engine does not match orders there are no quotes', async () => {
    let system = 'maintenance';
    const { received, server, feed } = await start({ books: books(), system: () => system });
    await server.connection(2);
    expect(feed.health().detail).toContain('the trading engine is in state "maintenance"');
    expect(received.quotes).toEqual([]);
    system = 'online';
    await received.until(2);
    server.connections.at(-1)!.send({ channel: 'status', type: 'update', data: [{ system: 'cancel_only' }] });
    await received.until(4);
    expect(server.connections.at(-2)!.closedWith).toBeDefined();
  });

  test('what cannot be read is counted and stops nothing', async () => {
    const { received, server, feed, lines } = await start({ books: books() });
    await received.until(2);
    const connection = await server.connection(0);
    const noise = [
      'not JSON',
      '[]',
      '7',
      'null',
      '{}',
      '{"channel":"ticker"}',
      '{"channel":"ticker","data":[{"symbol":"PAXG/USD","timestamp":"yesterday"}]}',
    ];
    for (const text of noise) connection.send(text);
    connection.sendBytes(Buffer.from([0xde, 0xad, 0xbe, 0xef]));
    connection.send(krakenTicker('update', 'FOO/USD', { bid: '1', ask: '2' }));
    connection.send(krakenTicker('update', 'PAXG/USD', { bid: '4084', ask: '4085' }));
    await received.until(3);
    expect(received.quotes[2]).toMatchObject({ source: 'kraken-paxg', bid: '4084' });
    expect(feed.health()).toMatchObject({ ok: true, detail: 'quotes come; 4 unreadable messages', lastQuoteAt: now });
    expect(server.connections).toHaveLength(1);
    expect(
      lines.filter(({ msg, level }) => msg === 'an exchange sent what cannot be read' && level === 40),
    ).toHaveLength(1);
  });
});
