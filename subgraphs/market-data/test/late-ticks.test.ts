import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { decimal } from '#shared/decimal.ts';
import { aTick } from '#shared/testing/builders.ts';
import { midOf, movedAtOf, type Tick } from '#shared/ticks/tick.ts';
import { openTimeOf } from '../domain/candle-interval.ts';
import { storedIntervals } from '../domain/stored-interval.ts';
import { createMarketDataBed, type MarketDataBed } from './market-data-processes.ts';
import { writeTicks } from './write-ticks.ts';

const symbol = 'XAU-USD';

let bed: MarketDataBed;
beforeAll(async () => {
  bed = await createMarketDataBed();
});
afterAll(() => bed.close());
const empty = async () => {
  await bed.prisma.$executeRawUnsafe('TRUNCATE tick, candle, tick_checkpoint');
};
beforeEach(empty);

const stored = async () => {
  const candles = await bed.prisma.candle.findMany({
    where: { symbol },
    orderBy: [{ basis: 'asc' }, { interval: 'asc' }, { openTime: 'asc' }],
  });
  return candles.map(({ basis, interval, openTime, open, high, low, close, tickCount, firstAt, lastAt }) =>
    [
      `${basis} ${interval}`,
      ...[openTime, firstAt, lastAt].map((time) => time.toISOString()),
      ...[open, high, low, close, tickCount].map(String),
    ].join(' '),
  );
};

/** The candles of ticks that have all arrived, in the plainest way: sorted, grouped, first, extremes and last. */
const candlesByHand = (ticks: Tick[]) => {
  const sorted = ticks.toSorted((a, b) => movedAtOf(a) - movedAtOf(b) || a.sequence - b.sequence);
  return (['MID', 'BID', 'ASK'] as const).flatMap((basis) =>
    storedIntervals.flatMap((interval) =>
      [...Map.groupBy(sorted, (tick) => openTimeOf(interval, movedAtOf(tick)))].map(([openTime, group]) => {
        const prices = group.map((tick) =>
          basis === 'MID' ? midOf(tick) : decimal(basis === 'BID' ? tick.bid : tick.ask),
        );
        const ordered = prices.toSorted((a, b) => a.cmp(b));
        const times = [openTime, movedAtOf(group[0]!), movedAtOf(group.at(-1)!)];
        return [
          `${basis} ${interval}`,
          ...times.map((time) => new Date(time).toISOString()),
          ...[prices[0], ordered.at(-1), ordered[0], prices.at(-1), group.length].map(String),
        ].join(' ');
      }),
    ),
  );
};

/** Around the end of a month, so that every interval begins anew; seldom enough apart that instants are shared. */
const monthEnd = Date.parse('2026-03-01T00:00:00Z');
const someTicks = fc.array(
  fc
    .record({
      seconds: fc.integer({ min: -5_000, max: 5_000 }),
      mid: fc.integer({ min: 10, max: 5_000 }),
      isCross: fc.boolean(),
    })
    .map(({ seconds, mid, isCross }) => {
      const at = monthEnd + Math.round(seconds / 20) * 20_000;
      const when = isCross ? { time: at - 3_600_000, movedAt: at } : { time: at };
      return aTick({ bid: String(mid - 1), ask: String(mid + 0.5), ...when, receivedAt: Date.now() });
    }),
  { minLength: 1, maxLength: 60 },
);

describe('late ticks', () => {
  test('make the same candles in whatever order and in whatever portions they arrive', async () => {
    await fc.assert(
      fc.asyncProperty(someTicks, fc.array(fc.nat(60), { maxLength: 4 }), async (ticks, cuts) => {
        await empty();
        const ends = [...new Set([...cuts.filter((cut) => cut > 0 && cut < ticks.length), ticks.length])].toSorted(
          (a, b) => a - b,
        );
        const written: Tick[] = [];
        for (const [index, end] of ends.entries())
          written.push(...(await writeTicks(bed.prisma, ticks.slice(ends[index - 1] ?? 0, end))));
        expect(await stored()).toEqual(candlesByHand(written));
      }),
      { numRuns: 40, endOnFailure: true },
    );
  });

  test('leave what was imported as it is, and do not count in what was added up from it', async () => {
    const minute = Date.parse('2026-03-10T10:05:00Z');
    const row = (interval: 'MINUTE_1' | 'HOUR_1' | 'DAY_1' | 'MONTH_1', openTime: string, isImported: boolean) => ({
      symbol,
      basis: 'BID' as const,
      interval,
      openTime: new Date(openTime),
      open: 10,
      high: 12,
      low: 9,
      close: 11,
      tickCount: 7,
      firstAt: new Date(openTime),
      lastAt: new Date(minute + 59_999),
      isImported,
    });
    await bed.prisma.candle.createMany({
      data: [
        row('MINUTE_1', '2026-03-10T10:05:00Z', true),
        row('HOUR_1', '2026-03-10T10:00:00Z', false),
        row('DAY_1', '2026-03-10T00:00:00Z', true),
        row('MONTH_1', '2026-03-01T00:00:00Z', false),
      ],
    });
    const before = (await stored()).filter((candle) => candle.startsWith('BID'));
    await writeTicks(bed.prisma, [aTick({ bid: '100', ask: '100.5', time: minute + 1_000, receivedAt: Date.now() })]);
    expect((await stored()).filter((candle) => candle.startsWith('BID'))).toEqual(before);
    expect((await stored()).filter((candle) => !candle.startsWith('BID'))).toHaveLength(8);

    await writeTicks(bed.prisma, [aTick({ bid: '100', ask: '100.5', time: minute + 61_000, receivedAt: Date.now() })]);
    const bids = (await stored()).filter((candle) => candle.startsWith('BID'));
    expect(bids.map((candle) => candle.split(' ').slice(-5).join(' '))).toEqual([
      '10 12 9 11 7',
      '100 100 100 100 1',
      '10 100 9 100 8',
      '10 12 9 11 7',
      '10 12 9 11 7',
    ]);
  });
});
