import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { createGunzip } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { aTick } from '#shared/testing/builders.ts';
import { eventually } from '#shared/testing/eventually.ts';
import type { GraphqlClient } from '#shared/testing/graphql-client.ts';
import { createTickFollower } from '#shared/ticks/tick-follower.ts';
import type { TickWriter } from '#shared/ticks/tick-writer.ts';
import { createCandleRepository } from '../history/candle-repository.ts';
import { createLiveCandleService } from '../live-candle-service.ts';
import { readSharedData } from './config.ts';
import { startHistoryKeeper } from './history-keeper.ts';
import { createMarketDataBed, type MarketDataBed } from './market-data-processes.ts';
import { findRealTicks } from './recordings.ts';

type Candle = {
  openTime: string;
  closeTime: string;
  basis: string;
  open: string;
  high: string;
  low: string;
  close: string;
  tickCount: number;
  isClosed: boolean;
};
type Event = { candleUpdated: Candle };

const fields = 'openTime closeTime basis open high low close tickCount isClosed';
const liveCandle = `subscription ($symbol: ID!, $interval: CandleInterval!, $basis: CandleBasis, $dayBoundary: DayBoundary) {
  candleUpdated(symbol: $symbol, interval: $interval, basis: $basis, dayBoundary: $dayBoundary) { ${fields} } }`;
const storedCandles = `query ($symbol: ID!, $interval: CandleInterval!, $basis: CandleBasis, $dayBoundary: DayBoundary) {
  instrument(symbol: $symbol) {
    candles(interval: $interval, basis: $basis, dayBoundary: $dayBoundary, first: 1000) { nodes { ${fields} } } } }`;
const minute = 60_000;
const watermarkMs = 5_000;
const recording = findRealTicks(readSharedData());
if (!recording) console.warn('SKIPPED: the recording of real ticks is not on this machine');

let bed: MarketDataBed;
let client: GraphqlClient;
let url: string;
beforeAll(async () => {
  bed = await createMarketDataBed();
  ({ client, url } = await bed.startServer({
    CANDLE_UPDATE_MS: '100',
    CANDLE_WATERMARK_MS: String(watermarkMs),
    MARKET_HOURS: 'always-open',
  }));
});
afterAll(() => bed.close());

const subscribe = (variables: object) => {
  const events = client.subscribe<Event>(liveCandle, { interval: 'MINUTE_1', ...variables });
  return {
    next: async () => (await events.next()).data!.candleUpdated,
    /** Events up to the first one that something holds of. */
    async until(holds: (candle: Candle) => boolean): Promise<Candle[]> {
      const seen: Candle[] = [];
      for (;;) {
        const candle = (await events.next()).data!.candleUpdated;
        seen.push(candle);
        if (holds(candle)) return seen;
      }
    },
    stop: () => events.return(),
  };
};
const stored = async (variables: object): Promise<Candle[]> => {
  const query = { interval: 'MINUTE_1', ...variables };
  const { data } = await client.request<{ instrument: { candles: { nodes: Candle[] } } }>(storedCandles, query);
  return data!.instrument.candles.nodes;
};
const summary = ({ open, high, low, close, tickCount, isClosed }: Candle) =>
  `${open} ${high} ${low} ${close} (${tickCount})${isClosed ? ' closed' : ''}`;
const running = async () => {
  const metrics = await (await fetch(`${url}/metrics`)).text();
  return Number(/^gold_live_candles\{.*\} (\d+)$/m.exec(metrics)![1]);
};
/** Ticks of a moment in the past that arrive now, as those of a recording do: `[milliseconds, bid]`. */
const recorded = (symbol: string, start: number, ticks: [at: number, bid: number][]) =>
  ticks.map(([at, bid]) =>
    aTick({ symbol, bid: `${bid}`, ask: `${bid + 2}`, time: start + at, receivedAt: Date.now() }),
  );

describe('a live candle', () => {
  test('begins with every tick of its span, wherever they are, closes with its late ticks, and is what is stored', async () => {
    const symbol = 'XAU-EUR';
    const start = Date.parse('2026-03-02T10:00:00Z');
    const writer = await bed.openWriter(symbol);
    const publish = (...ticks: [number, number][]) => writer.publish(recorded(symbol, start, ticks));
    const first = startHistoryKeeper(bed, [symbol]);
    await publish([-90_000, 1], [5_000, 10], [6_000, 14]);
    await first.hasWritten(symbol, 3);
    await first.stop();
    await publish([7_000, 8], [8_000, 9]);

    const candles = ['MID', 'BID', 'ASK'].map((basis) => subscribe({ symbol, basis }));
    const [mid, bid, ask] = await Promise.all(candles.map(({ next }) => next()));
    expect([mid, bid, ask].map((candle) => summary(candle!))).toEqual([
      '11 15 9 10 (4)',
      '10 14 8 9 (4)',
      '12 16 10 11 (4)',
    ]);
    await publish([59_000, 20]);
    expect(summary(await candles[1]!.next())).toBe('10 20 8 20 (5)');
    // Late by less than the watermark, beside the first of the next candle.
    await publish([60_500, 30], [59_500, 4]);
    const late = await candles[1]!.until(({ tickCount }) => tickCount === 6);
    expect(summary(late.at(-1)!)).toBe('10 20 4 4 (6)');
    await publish([minute + watermarkMs, 31]);
    const closed = await Promise.all(candles.map((each) => each.until(({ isClosed }) => isClosed)));
    const next = await Promise.all(candles.map((each) => each.next()));
    expect(next.map(summary)).toEqual(['31 32 31 32 (2)', '30 31 30 31 (2)', '32 33 32 33 (2)']);
    expect(next[0]).toMatchObject({ openTime: new Date(start + minute).toISOString(), basis: 'MID' });

    const second = startHistoryKeeper(bed, [symbol]);
    await second.hasWritten(symbol, 9);
    await second.stop();
    for (const [index, basis] of ['MID', 'BID', 'ASK'].entries())
      expect(closed[index]!.at(-1)).toEqual((await stored({ symbol, basis })).at(-2));
    await Promise.all(candles.map(({ stop }) => stop()));
  });

  test('runs once for all who watch it, and stops with the last of them', async () => {
    const symbol = 'XAU-GBP';
    const writer = await bed.openWriter(symbol);
    await writer.publish(recorded(symbol, 0, [[1_000, 10]]));
    const both = [subscribe({ symbol }), subscribe({ symbol, dayBoundary: 'UTC', basis: 'MID' })];
    const weeks = subscribe({ symbol, interval: 'WEEK_1', dayBoundary: 'NY_1700' });
    const [one, other, week] = await Promise.all([both[0]!.next(), both[1]!.next(), weeks.next()]);
    expect(other).toEqual(one);
    expect(week.openTime).toBe('1969-12-28T22:00:00.000Z');
    expect(await running()).toBe(2);
    await both[0]!.stop();
    await weeks.stop();
    await eventually(async () => expect(await running()).toBe(1));
    await both[1]!.stop();
    await eventually(async () => expect(await running()).toBe(0));
  });

  test('changes at most as often as it is told to, with the latest change each time', async () => {
    const symbol = 'XAU-TRY';
    const writer = await bed.openWriter(symbol);
    await writer.publish(recorded(symbol, 0, [[0, 10]]));
    const candles = subscribe({ symbol });
    await candles.next();
    const begun = performance.now();
    for (let count = 1; count <= 100; count += 1) await writer.publish(recorded(symbol, 0, [[count, 10 + count]]));
    const seen = await candles.until(({ tickCount }) => tickCount === 101);
    expect(seen.length).toBeLessThanOrEqual(2 + (performance.now() - begun) / 100);
    expect(summary(seen.at(-1)!)).toBe('11 111 11 111 (101)');
    await candles.stop();
  });

  test('is the last one where none is under way', async () => {
    const symbol = 'XAU-AED';
    const writer = await bed.openWriter(symbol);
    const madeAt = Date.now() - 10 * minute;
    await writer.publish([aTick({ symbol, bid: '10', ask: '12', time: madeAt, receivedAt: madeAt })]);
    const candles = subscribe({ symbol });
    expect(summary(await candles.next())).toBe('11 11 11 11 (1) closed');
    await writer.publish([aTick({ symbol, bid: '20', ask: '22', time: Date.now(), receivedAt: Date.now() })]);
    expect(summary(await candles.next())).toBe('21 21 21 21 (1)');
    await candles.stop();
  });

  test('never takes the place of another one: events of one candle have one key, which no other has', async () => {
    const symbol = 'XAG-GBP';
    const start = Date.parse('2026-03-02T10:00:00Z');
    const writer = await bed.openWriter(symbol);
    await writer.publish(recorded(symbol, start, [[1_000, 10]]));
    const events = client.subscribe<Event>(liveCandle, { symbol, interval: 'MINUTE_1' });
    const seen = [await events.next()];
    await writer.publish(recorded(symbol, start, [[minute + watermarkMs, 11]]));
    while (seen.at(-1)!.data!.candleUpdated.openTime === seen[0]!.data!.candleUpdated.openTime)
      seen.push(await events.next());
    expect(seen.map(({ extensions }) => extensions)).toEqual(
      seen.map(({ data }) => ({ key: data!.candleUpdated.openTime })),
    );
    expect(seen.at(-2)!.data!.candleUpdated.isClosed).toBe(true);
    await events.return();
  });

  test('of an unknown instrument is refused', async () => {
    const refused = client.subscribe(liveCandle, { symbol: 'XPT-USD', interval: 'DAY_1' }).next();
    const errors = await refused.then(
      (result) => result.errors,
      (error: unknown) => error,
    );
    expect(errors).toMatchObject([{ extensions: { code: 'NOT_FOUND' } }]);
  });

  test('closes by the clock where no tick comes any more', async () => {
    const symbol = 'XAU-IRR';
    // A clock by which the minute ends soon.
    const offset = minute - (Date.now() % minute) - 1_500;
    const clock = () => Date.now() + offset;
    const follower = createTickFollower({ ...bed.redis, memory: 100, logger: bed.logger });
    const service = createLiveCandleService({
      instruments: { get: () => ({ symbol, name: symbol, metal: 'XAU', currency: 'IRR' }) },
      follower,
      history: createCandleRepository(bed.prisma),
      watermarkMs: 300,
      updateMs: 100,
      clock,
      logger: bed.logger,
    });
    const writer = await bed.openWriter(symbol);
    const candles = service.updates(symbol, { interval: 'MINUTE_1' });
    const first = candles.next();
    await writer.publish([aTick({ symbol, time: clock(), receivedAt: clock() })]);
    const { candleUpdated } = (await first).value!;
    expect(candleUpdated).toMatchObject({ tickCount: 1, isClosed: false });
    const closed = (await candles.next()).value!.candleUpdated;
    expect(closed).toEqual({ ...candleUpdated, isClosed: true });
    expect(clock()).toBeGreaterThanOrEqual(closed.closeTime + 300);
    await candles.return!();
    expect(service.running()).toBe(0);
    await follower.close();
  });

  (recording ? test : test.skip)('of real ticks, played fast, closes each minute once as it is stored', async () => {
    const symbol = 'XAG-USD';
    const writer = await bed.openWriter(symbol);
    const history = startHistoryKeeper(bed, [symbol]);
    const rows = await realTicks(20_000);
    await publishRows(writer, symbol, rows.slice(0, 50));
    const candles = subscribe({ symbol, basis: 'BID' });
    await candles.next();
    const reading = candles.until(({ openTime, isClosed }) => isClosed && openTime >= lastWholeMinute(rows));
    await publishRows(writer, symbol, rows.slice(50));
    const closed = (await reading).filter(({ isClosed }) => isClosed);
    await history.hasWritten(symbol, rows.length);
    await history.stop();
    const expected = (await stored({ symbol, basis: 'BID' })).slice(-closed.length - 1, -1);
    expect(closed.length).toBeGreaterThan(25);
    expect(closed).toEqual(expected);
    await candles.stop();
  });
});

type Row = { time: number; bid: string; ask: string };

async function realTicks(count: number): Promise<Row[]> {
  const rows: Row[] = [];
  for await (const line of createInterface(createReadStream(recording!).pipe(createGunzip()))) {
    const [time, bid, ask] = line.split(',') as [string, string, string];
    if (time !== 'time') rows.push({ time: Date.parse(time), bid, ask });
    if (rows.length === count) break;
  }
  return rows;
}

async function publishRows(writer: TickWriter, symbol: string, rows: Row[]): Promise<void> {
  for (let start = 0; start < rows.length; start += 250)
    await writer.publish(
      rows.slice(start, start + 250).map((row) => aTick({ ...row, symbol, receivedAt: Date.now() })),
    );
}

/** The last minute that ticks behind its watermark close. */
function lastWholeMinute(rows: Row[]): string {
  return new Date(Math.floor((rows.at(-1)!.time - watermarkMs) / minute) * minute - minute).toISOString();
}
