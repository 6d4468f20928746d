import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { GraphqlClient } from '#shared/testing/graphql-client.ts';
import type { Tick } from '#shared/ticks/tick.ts';
import { serveKraken } from '../feeds/test/exchanges.ts';
import { startProviderServer } from '../feeds/test/provider-server.ts';
import { createMarketDataBed, until, type MarketDataBed } from './market-data-processes.ts';

const symbol = 'XAU-USD';
const staleAfterMs = 3_000;
const dayMs = 86_400_000;

let bed: MarketDataBed;
let client: GraphqlClient;
let worker: { url: string };
let kraken: Awaited<ReturnType<typeof serveKraken>>;
const servers: Awaited<ReturnType<typeof startProviderServer>>[] = [];
const answers = {
  swissquote: (bid: string, ask: string) =>
    `[{"topo":{},"spreadProfilePrices":[{"spreadProfile":"prime","bid":${bid},"ask":${ask}}],"ts":${Date.now()}}]`,
  dealer: (bid: string, ask: string) => `{"quote":{"bid":${bid},"ask":${ask},"at":${Date.now()}}}`,
};
/** What Swissquote or a dealer's own source answers from here on, at the time of the question; null is a server that is down. */
function spot(name: keyof typeof answers, price: [bid: string, ask: string] | null): void {
  const server = servers[name === 'swissquote' ? 0 : 1]!;
  if (price === null) {
    server.state.fault = 'drop';
    return;
  }
  server.state.fault = {
    get body() {
      return answers[name](...price);
    },
  };
}
const date = new Date(Date.now() - dayMs).toISOString().slice(0, 10);
const euroRates = `<gesmes:Envelope><Cube><Cube time='${date}'><Cube currency='USD' rate='1.16'/><Cube currency='TRY' rate='49.3'/><Cube currency='CHF' rate='0.93'/></Cube></Cube></gesmes:Envelope>`;

beforeAll(async () => {
  bed = await createMarketDataBed();
  for (let count = 0; count < 3; count += 1) servers.push(await startProviderServer());
  spot('swissquote', ['4084.00', '4084.60']);
  spot('dealer', ['4084.10', '4084.80']);
  servers[2]!.state.fault = { body: euroRates };
  kraken = await serveKraken({ books: new Map([['PAXG/USD', { bid: '4090.1', ask: '4090.9' }]]) });
  const [swissquote, dealer, ecb] = servers.map(({ url }) => url) as [string, string, string];
  worker = await bed.startWorker({
    FEEDS: 'swissquote=3,json-http,kraken,ecb,pegs',
    MARKET_HOURS: 'always-open',
    CURRENCIES: 'USD,EUR,TRY,AED,CHF',
    SWISSQUOTE_URL: swissquote,
    SWISSQUOTE_SYMBOLS: symbol,
    SWISSQUOTE_POLL_MS: '100',
    JSON_HTTP_URL: dealer,
    JSON_HTTP_BID_POINTER: '/quote/bid',
    JSON_HTTP_ASK_POINTER: '/quote/ask',
    JSON_HTTP_TIME_POINTER: '/quote/at',
    JSON_HTTP_POLL_MS: '100',
    KRAKEN_URL: kraken.url,
    KRAKEN_MARKETS: 'PAXG/USD',
    ECB_URL: ecb,
    STALE_AFTER_MS: String(staleAfterMs),
  });
  ({ client } = await bed.startServer({ STALE_AFTER_MS: String(staleAfterMs) }));
});
afterAll(async () => {
  await bed.close();
  await kraken.close();
  for (const server of servers) await server.close();
});

const latestWhere = (holds: (tick: Tick) => boolean, of = symbol) =>
  until(async () => {
    const tick = await bed.ticks.latest(of);
    return tick && holds(tick) && tick;
  });
const named = ({ sources }: Tick) => sources.map(({ name }) => name).toSorted();

describe('several feeds', () => {
  test('make one price that is good, and says what each of them said', async () => {
    const tick = await latestWhere(({ quality, sources }) => quality === 'GOOD' && sources.length === 2);
    // The heavier one of two that agree.
    expect(tick).toMatchObject({ bid: '4084.00', ask: '4084.60' });
    expect(tick.sources).toContainEqual(expect.objectContaining({ name: 'json-http', bid: '4084.10', ask: '4084.80' }));
  });

  test('price gold in other currencies by a bank and by a peg, as old as the older part', async () => {
    const inEuros = await latestWhere(() => true, 'XAU-EUR');
    expect(Number(inEuros.bid)).toBeCloseTo(4084 / 1.16, 1);
    expect(inEuros.time).toBeLessThan(Date.now() - 3_600_000);
    expect(inEuros.receivedAt).toBeGreaterThan(Date.now() - 60_000);
    const inLira = await latestWhere(() => true, 'XAU-TRY');
    expect(Number(inLira.ask)).toBeCloseTo((4084.6 * 49.3) / 1.16, -1);
    const inDirhams = await latestWhere(() => true, 'XAU-AED');
    expect(Number(inDirhams.bid)).toBeCloseTo(4084 * 3.6725, 1);
    const { data } = await client.request<{ instrument: { price: { sources: object[] } } }>(
      '{ instrument(symbol: "XAU-TRY") { price { sources { name symbol basisBps } } } }',
    );
    expect(data!.instrument.price.sources).toEqual(
      expect.arrayContaining([
        { name: 'swissquote', symbol: 'XAU-USD', basisBps: '0' },
        { name: 'ecb', symbol: 'EUR-USD', basisBps: '0' },
        { name: 'ecb', symbol: 'EUR-TRY', basisBps: '0' },
      ]),
    );
  });

  test('price it in a currency that the configuration adds', async () => {
    await latestWhere(() => true, 'XAU-CHF');
    const { data } = await client.request<{ instrument: { name: string; currency: string; price: { bid: string } } }>(
      '{ instrument(symbol: "XAU-CHF") { name currency price { bid } } }',
    );
    expect(data!.instrument).toMatchObject({ name: 'Gold in Swiss Franc', currency: 'CHF' });
    expect(Number(data!.instrument.price.bid)).toBeCloseTo((4084 * 0.93) / 1.16, 1);
  });

  test('are not moved by one that jumps away', async () => {
    const before = (await bed.ticks.latest(symbol))!.sequence;
    spot('dealer', ['4288.30', '4289.00']);
    const tick = await latestWhere((each) => !named(each).includes('json-http'));
    const all = await bed.ticks.after(symbol, before, 10_000);
    expect(new Set(all.map(({ bid, ask }) => `${bid} ${ask}`))).toEqual(new Set(['4084.00 4084.60']));
    expect(tick.quality).toBe('DEGRADED');
    spot('dealer', ['4084.10', '4084.80']);
    await latestWhere(({ quality }) => quality === 'GOOD');
  });

  test('go on without one that is down', async () => {
    spot('swissquote', null);
    const tick = await latestWhere((each) => !named(each).includes('swissquote'));
    const metrics = await (await fetch(`${worker.url}/metrics`)).text();
    expect(metrics).toMatch(/gold_feed_up\{feed="swissquote",.*\} 0\n/);
    expect(metrics).toMatch(/gold_feed_up\{feed="json-http",.*\} 1\n/);
    expect(tick).toMatchObject({ bid: '4084.10', ask: '4084.80' });
    spot('swissquote', ['4084.00', '4084.60']);
    await latestWhere(({ quality }) => quality === 'GOOD');
  });

  test('that all go quiet show it to who watches, and come back', async () => {
    const events = client.subscribe<{ priceUpdated: { isStale: boolean; sequence: string; ageMs: number } }>(
      'subscription { priceUpdated(symbol: "XAU-USD") { isStale sequence ageMs } }',
    );
    expect((await events.next()).data!.priceUpdated.isStale).toBe(false);
    spot('swissquote', null);
    spot('dealer', null);
    await kraken.close();
    let price = (await events.next()).data!.priceUpdated;
    while (!price.isStale) price = (await events.next()).data!.priceUpdated;
    expect(price.ageMs).toBeGreaterThan(staleAfterMs);
    expect(price.ageMs).toBeLessThan(staleAfterMs + 1_000);
    spot('swissquote', ['4080.00', '4080.60']);
    const back = (await events.next()).data!.priceUpdated;
    expect(back.isStale).toBe(false);
    expect(Number(back.sequence)).toBe(Number(price.sequence) + 1);
    await events.return();
  });
});
