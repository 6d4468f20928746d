import { createReadStream, existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { createGunzip } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import type { WiredProcess } from '#shared/run-process.ts';
import { createGraphqlClient, type GraphqlClient } from '#shared/testing/graphql-client.ts';
import { createMarketDataBed, type MarketDataBed } from '../../subgraphs/market-data/test/market-data-processes.ts';
import { readConfig } from '../config.ts';
import { wire } from '../wiring.ts';

const data = fileURLToPath(new URL('../../../shared/data/', import.meta.url));
const ticksFile = `${data}xauusd-ticks.csv.gz`;
const minutesFile = `${data}xauusd-1m.csv.gz`;
const isHere = existsSync(ticksFile);
if (!isHere) console.warn('SKIPPED: the recording of real ticks is not on this machine');

type Price = { sequence: number; bid: string; ask: string; time: string };
const prices = `subscription ($after: BigInt!) {
  priceUpdated(symbol: "XAU-USD", after: $after) { sequence bid ask time } }`;

const candlePage = `query ($after: String) { instrument(symbol: "XAU-USD") {
  candles(interval: MINUTE_1, basis: BID, from: "2014-05-01T00:00:00Z", first: 500, after: $after) {
    nodes { openTime open high low close tickCount } pageInfo { hasNextPage endCursor } } } }`;
type CandlePage = {
  instrument: {
    candles: {
      nodes: { openTime: string; open: string; high: string; low: string; close: string; tickCount: number }[];
      pageInfo: { hasNextPage: boolean; endCursor: string };
    };
  };
};

async function candlesBehind(client: GraphqlClient, after: string | null) {
  const { data: answer } = await client.request<CandlePage>(candlePage, { after });
  return answer!.instrument.candles;
}

async function readLines(file: string): Promise<string[]> {
  const lines: string[] = [];
  for await (const line of createInterface(createReadStream(file).pipe(createGunzip()))) lines.push(line);
  return lines.slice(1);
}

let bed: MarketDataBed;
let gateway: WiredProcess;
let url: string;
beforeEach(async () => {
  bed = await createMarketDataBed();
});
afterEach(async () => {
  await gateway.stop();
  await bed.close();
});

/** Replays the recording in a worker of its own, and serves it through a gateway. Little of it is held by memory and Redis. */
async function replay(speed: number): Promise<void> {
  const environment = { TICKS_IN_MEMORY: '200', TICKS_KEPT: '2000', STALE_AFTER_MS: '600000' };
  await bed.spawnWorker({ ...environment, FEEDS: 'replay', REPLAY_FILE: ticksFile, REPLAY_SPEED: String(speed) });
  const { url: marketData } = await bed.startServer(environment);
  gateway = await wire(readConfig({ PORT: '0', LOG_LEVEL: 'silent', MARKET_DATA_URL: `${marketData}/graphql` }));
  url = `http://127.0.0.1:${await gateway.start()}/graphql`;
}

/** The prices behind a sequence, over a socket of their own that is cut without a goodbye when nobody wants more. */
async function* pricesBehind(after: number): AsyncGenerator<Price, void, void> {
  const client = createClient({ url: url.replace('http', 'ws'), webSocketImpl: WebSocket, retryAttempts: 0 });
  const events = client.iterate<{ priceUpdated: Omit<Price, 'sequence'> & { sequence: string } }>({
    query: prices,
    variables: { after: String(after) },
  });
  try {
    for await (const { data: event, errors } of events) {
      if (errors) throw new Error(JSON.stringify(errors));
      yield { ...event!.priceUpdated, sequence: Number(event!.priceUpdated.sequence) };
    }
  } finally {
    client.terminate();
  }
}

(isHere ? describe : describe.skip)('the recorded day', () => {
  test('comes to a client as the file has it, every price, and its minutes are those of the market', async () => {
    await replay(1_000_000);
    const rows = await readLines(ticksFile);
    let count = 0;
    for await (const { sequence, bid, ask, time } of pricesBehind(0)) {
      const [rowTime, rowBid, rowAsk] = rows[count]!.split(',') as [string, string, string];
      count += 1;
      // One expectation a price would take longer than the prices.
      const isSame = bid === rowBid && ask === rowAsk && Date.parse(time) === Date.parse(rowTime);
      if (sequence !== count || !isSame)
        expect({ sequence, bid, ask, time }).toEqual({ sequence: count, row: rows[count - 1] });
      if (count === rows.length) break;
    }
    expect(count).toBe(rows.length);

    const minutes = (await readLines(minutesFile)).map((line) => line.split(','));
    const [first, last] = [rows[0]!, rows.at(-1)!].map((row) => Date.parse(row.slice(0, 16).concat(':00Z')));
    const expected = minutes
      .filter(([time]) => Date.parse(time!) >= first! && Date.parse(time!) <= last!)
      .map(([time, ...prices]) => [new Date(time!).toISOString(), ...prices.map(Number)]);
    const client = createGraphqlClient(url);
    const shown: (string | number)[][] = [];
    let after: string | null = null;
    do {
      const { nodes, pageInfo } = await candlesBehind(client, after);
      for (const { openTime, open, high, low, close, tickCount } of nodes)
        shown.push([openTime, ...[open, high, low, close].map(Number), tickCount]);
      after = pageInfo.hasNextPage ? pageInfo.endCursor : null;
    } while (after !== null);
    await client.close();
    expect(shown).toEqual(expected);
  }, 400_000);

  test('comes to a client that is cut off fifty times, at any moment, as to one that never left', async () => {
    await replay(100);
    const [steady, cutOff]: [Price[], Price[]] = [[], []];
    let target = Infinity;
    const never = (async () => {
      for await (const price of pricesBehind(0)) {
        steady.push(price);
        if (price.sequence >= target) return;
      }
    })();
    for (let cuts = 0; cuts < 50; cuts += 1) {
      const wanted = Math.floor(Math.random() * 300);
      const before = cutOff.length;
      for await (const price of pricesBehind(before)) {
        cutOff.push(price);
        if (cutOff.length - before > wanted) break;
      }
      // Now and then for so long that neither memory nor Redis has what was missed.
      await new Promise((resolve) => setTimeout(resolve, cuts % 10 === 9 ? 4_000 : Math.random() * 100));
    }
    target = cutOff.length + 3_000;
    for await (const price of pricesBehind(cutOff.length)) {
      cutOff.push(price);
      if (price.sequence >= target) break;
    }
    await never;
    expect(cutOff.length).toBe(target);
    expect(steady.slice(0, target)).toEqual(cutOff);
    expect(cutOff.map(({ sequence }) => sequence)).toEqual(cutOff.map((_price, index) => index + 1));
  }, 180_000);
});
