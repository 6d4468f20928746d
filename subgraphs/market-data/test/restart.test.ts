import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { midOf, type Tick } from '#shared/ticks/tick.ts';
import { dropDatabase } from '#shared/testing/test-database.ts';
import { createMarketDataBed, until, type MarketDataBed } from './market-data-processes.ts';
import { createRecordings, makeRows, toCsv } from './recordings.ts';

const symbol = 'XAU-USD';
const rows = makeRows(2_500);

let bed: MarketDataBed;
let recordings: Awaited<ReturnType<typeof createRecordings>>;
let file: string;
beforeAll(async () => {
  recordings = await createRecordings();
  file = await recordings.write('recording.csv', toCsv(rows));
});
beforeEach(async () => {
  bed = await createMarketDataBed();
});
afterEach(() => bed.close());
afterAll(() => recordings.remove());

const replay = (speed: number, more: Record<string, string> = {}) => ({
  FEEDS: 'replay',
  REPLAY_FILE: file,
  REPLAY_SPEED: String(speed),
  ...more,
});
const latest = async () => (await bed.ticks.latest(symbol))?.sequence ?? 0;
const reached = (sequence: number) => until(async () => (await latest()) >= sequence);
const checkpoint = async () => {
  const row = await bed.prisma.tickCheckpoint.findUnique({ where: { symbol } });
  return { candles: Number(row?.historySequence ?? 0), ceiling: Number(row?.sequenceCeiling ?? 0) };
};
const writtenCandles = async () => {
  const written = await bed.prisma.candle.findMany({
    where: { symbol, basis: 'MID', interval: 'MINUTE_1' },
    orderBy: { openTime: 'asc' },
  });
  return written.map(({ openTime, open, high, low, close, tickCount }) => [
    openTime.toISOString(),
    ...[open, high, low, close].map(String),
    tickCount,
  ]);
};
const candlesOf = (ticks: Tick[]) =>
  [...Map.groupBy(ticks, ({ time }) => Math.floor(time / 60_000) * 60_000)].map(([openTime, group]) => {
    const mids = group.map((tick) => midOf(tick));
    const ordered = mids.toSorted((a, b) => a.cmp(b));
    const prices = [mids[0]!, ordered.at(-1)!, ordered[0]!, mids.at(-1)!].map(String);
    return [new Date(openTime).toISOString(), ...prices, group.length];
  });

describe('restarts', () => {
  test('a worker killed again and again loses no row, repeats none, and its candles are those of an uninterrupted run', async () => {
    for (const [index, killAt] of [150, 600, 900, 1_500, 1_900].entries()) {
      const worker = await bed.spawnWorker(replay(700));
      await reached(killAt);
      // Every other time in the middle of things, else after candles were written.
      if (index % 2 === 1) await until(async () => (await checkpoint()).candles >= killAt - 100);
      await worker.kill('SIGKILL');
    }
    const last = await bed.spawnWorker(replay(100_000));
    await until(async () => (await checkpoint()).candles === rows.length);
    await last.kill('SIGTERM');
    const ticks = await bed.ticks.after(symbol, 0, 10_000);
    expect(ticks.map(({ sequence }) => sequence)).toEqual(rows.map((_row, index) => index + 1));
    expect(ticks.map(({ bid, ask }) => [bid, ask])).toEqual(rows.map(({ bid, ask }) => [bid, ask]));
    expect(await writtenCandles()).toEqual(candlesOf(ticks));
  });

  test('the simulator goes on from the last price, with the next sequence', async () => {
    const first = await bed.startWorker({ SIMULATOR_XAU_USD: '3000' });
    await reached(3);
    await first.stop();
    const before = (await bed.ticks.latest(symbol))!;
    const second = await bed.startWorker({ SIMULATOR_XAU_USD: '5000' });
    const after = await until(() => bed.ticks.at(symbol, before.sequence + 1));
    expect(midOf(after).div(midOf(before)).toNumber()).toBeCloseTo(1, 2);
    await second.stop();
  });

  test('after an orderly stop the next sequence follows without a gap, even when Redis was lost', async () => {
    const first = await bed.startWorker();
    await reached(3);
    await first.stop();
    const before = (await bed.ticks.latest(symbol))!;
    expect(await checkpoint()).toEqual({ candles: before.sequence, ceiling: before.sequence });
    await bed.redis.flush();
    const second = await bed.startWorker({ SIMULATOR_XAU_USD: '9000' });
    const next = await until(() => bed.ticks.oldest(symbol));
    expect(next.sequence).toBe(before.sequence + 1);
    expect(midOf(next).div(midOf(before)).toNumber()).toBeCloseTo(1, 2);
    await second.stop();
  });

  test('no sequence is used twice when Redis is lost together with the worker, and candles go on', async () => {
    const worker = await bed.spawnWorker();
    await reached(5);
    await until(async () => (await checkpoint()).candles > 0);
    await worker.kill('SIGKILL');
    const lost = await latest();
    await bed.redis.flush();
    const next = await bed.startWorker();
    const first = await until(() => bed.ticks.oldest(symbol));
    expect(first.sequence).toBeGreaterThan(lost);
    const { ceiling } = await checkpoint();
    expect(ceiling).toBeGreaterThan(first.sequence);
    const counted = (await writtenCandles()).reduce((total, candle) => total + Number(candle.at(-1)), 0);
    await until(async () => (await checkpoint()).candles > first.sequence);
    await next.stop();
    const all = (await writtenCandles()).reduce((total, candle) => total + Number(candle.at(-1)), 0);
    expect(all - counted).toBe((await latest()) - first.sequence + 1);
  });

  test('a flushed Redis does not stop a running worker: the stream is filled again and every tick is in the candles', async () => {
    const worker = await bed.startWorker(replay(700));
    await reached(200);
    await bed.redis.flush();
    await reached(500);
    await bed.redis.flush();
    await until(async () => (await checkpoint()).candles === rows.length);
    const ticks = await bed.ticks.after(symbol, 0, 10_000);
    expect(ticks.map(({ bid }) => bid)).toEqual(rows.map(({ bid }) => bid));
    expect(await writtenCandles()).toEqual(candlesOf(ticks));
    await worker.stop();
  });

  test('live prices go on while PostgreSQL is away', async () => {
    const long = await recordings.write('long.csv', toCsv(makeRows(25_000)));
    await bed.startWorker(replay(3_000, { REPLAY_FILE: long, TICKS_KEPT: '1000' }));
    await reached(10);
    await bed.prisma.$disconnect();
    await dropDatabase(bed.database.url);
    await reached(25_000);
  });
});
