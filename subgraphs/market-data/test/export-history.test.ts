import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { aTick } from '#shared/testing/builders.ts';
import type { Tick } from '#shared/ticks/tick.ts';
import type { CandleInterval, DayBoundary } from '../domain/candle-interval.ts';
import { createCandleRepository } from '../history/candle-repository.ts';
import { candlesAsCsv, ticksAsCsv, type ExportRange } from '../history/export-history.ts';
import { createHistoryRepository } from '../history/history-repository.ts';
import { createTickExportRepository } from '../history/tick-export-repository.ts';
import { createTickPartitions } from '../history/tick-partitions.ts';
import { createHistoryBed, type HistoryBed } from './history-bed.ts';

let bed: HistoryBed;
beforeEach(async () => {
  bed = await createHistoryBed();
});
afterEach(() => bed.close());

const minute = 60_000;
const begin = Date.parse('2026-02-27T20:00:00Z');
const now = Date.parse('2026-06-01T00:00:00Z');
const whole: ExportRange = { from: undefined, to: undefined };

async function linesOf(pieces: AsyncIterable<string>): Promise<string[]> {
  let text = '';
  for await (const piece of pieces) text += piece;
  return text.trim().split('\n');
}
function exportedCandles(
  interval: CandleInterval,
  more: Partial<ExportRange> & { symbol?: string; dayBoundary?: DayBoundary; now?: number } = {},
) {
  const source = { repository: createCandleRepository(bed.prisma), now: more.now ?? now };
  return linesOf(
    candlesAsCsv(source, { symbol: 'XAU-USD', basis: 'BID', dayBoundary: 'UTC', interval, ...whole, ...more }),
  );
}
const exportedTicks = (range: ExportRange) =>
  linesOf(ticksAsCsv(createTickExportRepository(bed.prisma), { symbol: 'XAU-USD', ...range }));

/** Minutes of two days and a bit, with their numbers of ticks. */
const importMinutes = async () => {
  const lines = Array.from({ length: 3_000 }, (_each, index) => {
    const price = 4000 + ((index * 7_919) % 503) / 4;
    const time = new Date(begin + index * minute).toISOString();
    return `${time},${price},${price + 2},${price - 2.125},${price + 1},${index % 50}`;
  });
  await bed.importFile(await bed.write('candles.csv', ['time,open,high,low,close,ticks', ...lines]), { basis: 'BID' });
};

describe('an export', () => {
  test('of stored candles can be imported elsewhere and is the same again, over all its pages', async () => {
    await importMinutes();
    for (const interval of ['MINUTE_1', 'HOUR_1', 'DAY_1'] as const) {
      const exported = await exportedCandles(interval);
      const stored = await bed.candles({ interval });
      expect(exported.slice(1)).toEqual(
        stored.map(({ time, prices, ticks }) => [time, ...prices.split(' '), ticks].join()),
      );
      const file = await bed.write(`${interval}.csv`, exported);
      expect((await bed.importFile(file, { symbol: 'XAU-EUR', basis: 'BID' })).problems).toEqual([]);
      expect(await exportedCandles(interval, { symbol: 'XAU-EUR' })).toEqual(exported);
    }
  });

  test('may be of an interval that is added up, and of days as New York has them', async () => {
    await importMinutes();
    expect(await exportedCandles('HOUR_4')).toHaveLength(1 + 13);
    const days = await exportedCandles('DAY_1', { dayBoundary: 'NY_1700' });
    expect(days.map((line) => line.slice(0, 17))).toEqual([
      'time,open,high,lo',
      '2026-02-26T22:00Z',
      '2026-02-27T22:00Z',
      '2026-02-28T22:00Z',
    ]);
  });

  test('holds what opens from the one time up to before the other, and no span that is not over', async () => {
    await importMinutes();
    const [from, to] = [begin + 30_000, begin + 3 * minute];
    const times = (lines: string[]) => lines.slice(1).map((line) => line.slice(11, 16));
    expect(times(await exportedCandles('MINUTE_1', { from, to }))).toEqual(['20:01', '20:02']);
    expect(times(await exportedCandles('HOUR_1', { now: begin + 119 * minute }))).toEqual(['20:00']);
  });

  const writeTicks = async (ticks: Tick[]) => {
    const partitions = createTickPartitions({ database: bed.prisma, keepDays: 30, clock: Date.now });
    await bed.prisma.tickCheckpoint.create({ data: { symbol: 'XAU-USD' } });
    await createHistoryRepository({ database: bed.prisma, partitions }).write([{ symbol: 'XAU-USD', from: 0, ticks }]);
  };
  const lineOf = ({ time, bid, ask }: Tick) => `${new Date(time).toISOString()},${bid},${ask}`;

  test('of ticks comes to the candles that those have made, once it is imported', async () => {
    // Two of them move in one millisecond, and one comes late.
    const times = [0, 5, 5, 61_000, 59_000, 125_000].map((after) => Date.now() - 10 * minute + after);
    const ticks = times.map((time, index): Tick => {
      const bid = `${4000 + index}.${index}0`;
      return { ...aTick({ time, bid, ask: `${4001 + index}.5`, receivedAt: Date.now() }), sequence: index + 1 };
    });
    await writeTicks(ticks);
    const exported = await exportedTicks(whole);
    expect(exported).toEqual(['time,bid,ask', ...[0, 1, 2, 4, 3, 5].map((index) => lineOf(ticks[index]!))]);
    await bed.importFile(await bed.write('ticks.csv', exported), { symbol: 'XAU-EUR' });
    const withoutOrigin = async (symbol: string) =>
      (await bed.candles({ symbol })).map(({ isImported: _isImported, ...candle }) => candle);
    expect(await withoutOrigin('XAU-EUR')).toEqual(await withoutOrigin('XAU-USD'));
  });

  test('of ticks loses none and repeats none where a page ends in the middle of a millisecond', async () => {
    const first = Date.now() - 10 * minute;
    const ticks = Array.from({ length: 2_100 }, (_each, index): Tick => {
      const [time, bid, ask] = [first + Math.floor(index / 700), `4000.${index}`, '4001'];
      return { ...aTick({ time, bid, ask, receivedAt: Date.now() }), sequence: index + 1 };
    });
    await writeTicks(ticks);
    expect(await exportedTicks(whole)).toEqual(['time,bid,ask', ...ticks.map(lineOf)]);
    const inside = await exportedTicks({ from: first + 1, to: first + 2 });
    expect(inside).toEqual(['time,bid,ask', ...ticks.slice(700, 1_400).map(lineOf)]);
  });
});
