import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { midOf, type Tick } from '#shared/ticks/tick.ts';
import { readSharedData } from './config.ts';
import { lockCandles } from '../history/lock-candles.ts';
import { createMarketDataBed, until, type MarketDataBed } from './market-data-processes.ts';
import { createRecordings, findRealTicks, makeRows, toCsv, type RecordedRow } from './recordings.ts';

const symbol = 'XAU-USD';
const rows = makeRows(600);

let bed: MarketDataBed;
let recordings: Awaited<ReturnType<typeof createRecordings>>;
beforeAll(async () => {
  recordings = await createRecordings();
});
beforeEach(async () => {
  bed = await createMarketDataBed();
});
afterEach(() => bed.close());
afterAll(() => recordings.remove());

const replay = (file: string, more: Record<string, string> = {}) => ({
  FEEDS: 'replay',
  REPLAY_FILE: file,
  REPLAY_SPEED: '1000000',
  ...more,
});
/** All ticks of the stream as soon as it has reached a sequence. */
const ticksUpTo = async (sequence: number): Promise<Tick[]> => {
  await until(() => bed.ticks.at(symbol, sequence));
  return bed.ticks.after(symbol, 0, sequence + 10);
};
const asRows = (ticks: Tick[]): RecordedRow[] =>
  ticks.map(({ time, bid, ask }) => ({ time: new Date(time).toISOString(), bid, ask }));
const toMilliseconds = ({ time, bid, ask }: RecordedRow) => ({ time: new Date(time).toISOString(), bid, ask });

/** Minute candles made by hand from rows. */
const candlesOf = (recorded: RecordedRow[]) =>
  [...Map.groupBy(recorded, ({ time }) => `${time.slice(0, 16)}:00.000Z`)].map(([openTime, group]) => {
    const mids = group.map((row) => midOf(row));
    const ordered = mids.toSorted((a, b) => a.cmp(b));
    const [open, high, low, close] = [mids[0]!, ordered.at(-1)!, ordered[0]!, mids.at(-1)!].map(String);
    return { openTime, open, high, low, close, tickCount: group.length };
  });
const writtenCandles = async (upTo: number) => {
  await until(async () => {
    const checkpoint = await bed.prisma.tickCheckpoint.findUnique({ where: { symbol } });
    return checkpoint?.historySequence === BigInt(upTo);
  });
  const written = await bed.prisma.candle.findMany({
    where: { symbol, basis: 'MID', interval: 'MINUTE_1' },
    orderBy: { openTime: 'asc' },
  });
  return written.map(({ openTime, open, high, low, close, tickCount }) => ({
    openTime: openTime.toISOString(),
    open: String(open),
    high: String(high),
    low: String(low),
    close: String(close),
    tickCount,
  }));
};

describe('replay', () => {
  test.each([
    ['plain', false],
    ['gzip', true],
  ])("a %s recording gives exactly the file's prices, in order, numbered from 1", async (name, gzip) => {
    const file = await recordings.write(`${name}.csv`, toCsv(rows), { gzip });
    const worker = await bed.startWorker(replay(file));
    const ticks = await ticksUpTo(rows.length);
    expect(asRows(ticks)).toEqual(rows);
    expect(ticks.map(({ sequence, feedPosition }) => [sequence, feedPosition])).toEqual(
      rows.map((_row, index) => [index + 1, String(index + 1)]),
    );
    expect(ticks[0]).toMatchObject({ quality: 'DEGRADED', sources: [{ name: 'replay', bid: rows[0]!.bid }] });
    expect(await writtenCandles(rows.length)).toEqual(candlesOf(rows));
    await worker.stop();
  });

  test('bad rows are skipped and the rest keeps its order and its row numbers', async () => {
    const bad = [
      '2026-11-18T10:00:00Z,4084.30',
      'yesterday,4084.30,4084.90',
      '2026-11-18T10:00:00Z,4084.90,4084.30',
      '2026-11-18T10:00:00Z,-1,4084.30',
      '2026-11-18T10:00:00Z,"4084,30",4084.90',
      '',
    ];
    const lines = toCsv(rows.slice(0, 10)).split('\n');
    const file = await recordings.write('bad.csv', [...lines.slice(0, 6), ...bad, ...lines.slice(6)].join('\n'));
    await bed.startWorker(replay(file));
    const ticks = await ticksUpTo(10);
    expect(asRows(ticks)).toEqual(rows.slice(0, 10));
    // Empty lines are no rows.
    expect(ticks[5]!.feedPosition).toBe('11');
  });

  test('a quote with a wide spread is refused and counted with its reason', async () => {
    const wide = { ...rows[5]!, bid: '4000', ask: '4100' };
    const file = await recordings.write('wide.csv', toCsv([...rows.slice(0, 5), wide, ...rows.slice(6, 10)]));
    const worker = await bed.startWorker(replay(file));
    await ticksUpTo(9);
    const metrics = await (await fetch(`${worker.url}/metrics`)).text();
    expect(metrics).toMatch(/gold_quotes_rejected_total\{source="replay",reason="WIDE_SPREAD",.*\} 1\n/);
    expect(metrics).toMatch(/gold_quotes_received_total\{.*\} 10\n/);
    expect(metrics).toMatch(/gold_tick_last_sequence\{symbol="XAU-USD",.*\} 9\n/);
  });

  test('the speed divides the gaps, and none is longer than REPLAY_MAX_GAP_MS', async () => {
    const start = Date.parse('2026-11-13T21:59:59Z');
    const times = [0, 10_000, 20_000, 200_000_000, 200_010_000];
    const spaced = times.map((after, index) => ({ ...rows[index]!, time: new Date(start + after).toISOString() }));
    const file = await recordings.write('gaps.csv', toCsv(spaced));
    await bed.startWorker(replay(file, { REPLAY_SPEED: '10', REPLAY_MAX_GAP_MS: '3000' }));
    const ticks = await ticksUpTo(5);
    const waits = ticks.slice(1).map((tick, index) => tick.receivedAt - ticks[index]!.receivedAt);
    for (const [index, expected] of [1_000, 1_000, 3_000, 1_000].entries()) {
      expect(waits[index]).toBeGreaterThan(expected - 600);
      expect(waits[index]).toBeLessThan(expected + 1_500);
    }
  });

  test('waits while the history cannot be written, so that no row leaves the stream before it is there', async () => {
    const many = makeRows(12_000);
    const file = await recordings.write('many.csv', toCsv(many));
    const { promise: written, resolve: letWrite } = Promise.withResolvers<void>();
    const locked = Promise.withResolvers<void>();
    const holding = bed.prisma.$transaction(
      async (transaction) => {
        await lockCandles(transaction, [symbol]);
        locked.resolve();
        await written;
      },
      { timeout: 60_000 },
    );
    await locked.promise;
    await bed.startWorker(replay(file, { REPLAY_SPEED: '1000000', TICKS_KEPT: '100', TICKS_KEPT_AT_MOST: '8000' }));
    const standing = await until(async () => {
      const before = (await bed.ticks.latest(symbol))?.sequence ?? 0;
      await new Promise((resolve) => setTimeout(resolve, 200));
      return before >= 4_000 && (await bed.ticks.latest(symbol))!.sequence === before && before;
    });
    expect(standing).toBeLessThan(8_000);
    letWrite();
    await holding;
    await until(async () => (await bed.prisma.tick.count({ where: { symbol } })) === many.length);
    expect(await writtenCandles(many.length)).toEqual(candlesOf(many));
  });

  test('a file that is not there ends the start', async () => {
    await expect(bed.startWorker(replay('not-there.csv'))).rejects.toThrow('not-there.csv');
  });

  test('a recording of something that is no instrument ends the start', async () => {
    const file = await recordings.write('platinum.csv', toCsv(rows.slice(0, 1)));
    await expect(bed.startWorker(replay(file, { REPLAY_SYMBOL: 'XPT-USD' }))).rejects.toThrow('XPT-USD');
  });

  const realTicks = findRealTicks(readSharedData());
  // oxlint-disable-next-line no-console
  if (!realTicks) console.warn('SKIPPED: the recording of real ticks is not here; set GOLD_SHARED_DATA to its folder');
  (realTicks ? test : test.skip)('real ticks come out as they were recorded, and as their candles', async () => {
    const count = 5_000;
    await bed.startWorker(replay(realTicks!, { REPLAY_SPEED: '1000' }));
    const recorded = await firstRows(realTicks!, count);
    const ticks = await ticksUpTo(count);
    expect(asRows(ticks).slice(0, count)).toEqual(recorded.map(toMilliseconds));
    const finished = candlesOf(recorded).slice(0, -1);
    const lastOfThem = finished.reduce((total, { tickCount }) => total + tickCount, 0);
    await until(async () => {
      const checkpoint = await bed.prisma.tickCheckpoint.findUnique({ where: { symbol } });
      return checkpoint!.historySequence > BigInt(lastOfThem);
    });
    const written = await bed.prisma.candle.findMany({
      where: { symbol, basis: 'MID', interval: 'MINUTE_1' },
      orderBy: { openTime: 'asc' },
    });
    const shown = written.slice(0, finished.length).map(({ openTime, open, high, low, close, tickCount }) => ({
      openTime: openTime.toISOString(),
      open: String(open),
      high: String(high),
      low: String(low),
      close: String(close),
      tickCount,
    }));
    expect(shown).toEqual(finished);
  });
});

/** Rows of a recording read in the plainest way. */
async function firstRows(file: string, count: number): Promise<RecordedRow[]> {
  const { readFile } = await import('node:fs/promises');
  const { gunzipSync } = await import('node:zlib');
  const lines = gunzipSync(await readFile(file))
    .toString('utf8')
    .split('\n')
    .slice(1, count + 1);
  return lines.map((line) => {
    const [time, bid, ask] = line.split(',') as [string, string, string];
    return { time, bid, ask };
  });
}
