import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import { gunzipSync } from 'node:zlib';
import { aTick } from '#shared/testing/builders.ts';
import { readSharedData } from './config.ts';
import { findSharedData } from './history-bed.ts';
import { createMarketDataBed, type MarketDataBed } from './market-data-processes.ts';
import { findRealTicks } from './recordings.ts';
import { writeTicks } from './write-ticks.ts';

const realTicks = findRealTicks(readSharedData());
const realMinutes = findSharedData('xauusd-1m.csv.gz');
const isHere = realTicks !== undefined && realMinutes !== undefined;
if (!isHere) console.warn('SKIPPED: real ticks and minutes are not here; set GOLD_SHARED_DATA to their folder');

let bed: MarketDataBed;
beforeAll(async () => {
  bed = await createMarketDataBed();
});
afterAll(() => bed.close());

/** Rows behind the header, read in the plainest way. */
const rowsOf = async (file: string) => {
  const lines = gunzipSync(await readFile(file))
    .toString('utf8')
    .trim()
    .split('\n');
  return lines.slice(1).map((line) => line.split(','));
};

(isHere ? describe : describe.skip)('real ticks', () => {
  // Friday with the payrolls to Monday: both files are of the same source, and the second of its bid prices.
  test('come to exactly the minutes of bid prices that their source has published', async () => {
    const ticks = (await rowsOf(realTicks!)).map(([time, bid, ask]) =>
      aTick({ bid, ask, time: Date.parse(time!), receivedAt: Date.now() }),
    );
    for (let start = 0; start < ticks.length; start += 20_000)
      await writeTicks(bed.prisma, ticks.slice(start, start + 20_000));
    const [first, last] = [ticks[0]!, ticks.at(-1)!].map(({ time }) => Math.floor(time / 60_000) * 60_000);
    const published = (await rowsOf(realMinutes!)).filter(
      ([time]) => Date.parse(time!) >= first! && Date.parse(time!) <= last!,
    );
    const stored = await bed.prisma.candle.findMany({
      where: { symbol: 'XAU-USD', basis: 'BID', interval: 'MINUTE_1' },
      orderBy: { openTime: 'asc' },
    });
    expect(published).toHaveLength(840);
    expect(
      stored.map(({ openTime, open, high, low, close, tickCount }) => [
        openTime.toISOString().replace('.000Z', 'Z'),
        ...[open, high, low, close, tickCount].map(String),
      ]),
    ).toEqual(published);
  });
});
