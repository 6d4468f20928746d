import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { aTick } from '#shared/testing/builders.ts';
import { createTickFollower, type TickFollower } from '#shared/ticks/tick-follower.ts';
import { createHistoricalPriceService, type HistoricalPriceService } from '../history/historical-price-service.ts';
import { createPastPriceRepository } from '../history/past-price-repository.ts';
import { createPriceChangeService } from '../history/price-change-service.ts';
import { createTickHistoryRepository } from '../history/tick-history-repository.ts';
import { createMarketDataBed, type MarketDataBed } from './market-data-processes.ts';
import { writeTicks } from './write-ticks.ts';

const symbol = 'XAU-USD';
const noon = Date.parse('2026-06-10T12:00:00Z');
const now = noon + 86_400_000;
const minute = 60_000;

let bed: MarketDataBed;
let follower: TickFollower;
let prices: HistoricalPriceService;
beforeAll(async () => {
  bed = await createMarketDataBed();
  follower = createTickFollower({ ...bed.redis, memory: 100, logger: bed.logger });
  prices = createHistoricalPriceService({
    ticks: createTickHistoryRepository(bed.prisma),
    pastPrices: createPastPriceRepository(bed.prisma),
    follower,
    clock: () => now,
  });
});
beforeEach(async () => {
  await bed.prisma.$executeRawUnsafe('TRUNCATE tick, candle, tick_checkpoint');
});
afterAll(async () => {
  await follower.close();
  await bed.close();
});

const tick = (seconds: number, bid: string, ask: string) =>
  aTick({ bid, ask, time: noon + seconds * 1000, receivedAt: now });
const write = (...ticks: ReturnType<typeof tick>[]) => writeTicks(bed.prisma, ticks, { clock: () => now });
const imported = (
  interval: 'MINUTE_1' | 'HOUR_1' | 'DAY_1' | 'MONTH_1',
  basis: 'MID' | 'BID' | 'ASK',
  openTime: string,
  closeTime: string,
  close: string,
) =>
  bed.prisma.candle.create({
    data: {
      symbol,
      basis,
      interval,
      open: close,
      high: close,
      low: close,
      close,
      tickCount: 0,
      isImported: true,
      openTime: new Date(openTime),
      firstAt: new Date(openTime),
      lastAt: new Date(Date.parse(closeTime) - 1),
    },
  });
const shown = async (at: number) => {
  const price = await prices.priceAt(symbol, at);
  return price && { ...price, bid: textOf(price.bid), ask: textOf(price.ask), mid: textOf(price.mid) };
};
const textOf = (value: { toString(): string } | null) => value && String(value);

describe('the price at an instant', () => {
  test('is that of the last tick that had moved by then', async () => {
    await write(tick(0, '100.10', '100.20'), tick(10, '110', '111'), tick(5, '105', '106'));
    const first = { sequence: 1, bid: '100.10', ask: '100.20', mid: '100.15', time: noon };
    expect(await shown(noon)).toEqual(first);
    expect(await shown(noon + 4_999)).toEqual(first);
    expect(await shown(noon + 5_000)).toMatchObject({ sequence: 3, bid: '105' });
    expect(await shown(noon + 10_000)).toMatchObject({ sequence: 2, bid: '110' });
    expect(await shown(now)).toMatchObject({ sequence: 2 });
  });

  test('is none before the first one, and for a symbol that was never priced', async () => {
    await write(tick(0, '100', '101'));
    expect(await shown(noon - 1)).toBeNull();
    expect(await prices.priceAt('XAG-TRY', now)).toBeNull();
  });

  test('in the future is refused', async () => {
    await expect(prices.priceAt(symbol, now + 1)).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
  });

  test('is the close of the last minute that had ended where ticks are no longer kept', async () => {
    await write(tick(0, '100', '101'), tick(59, '102', '103'), tick(61, '104', '105'));
    await bed.prisma.$executeRawUnsafe('TRUNCATE tick');
    expect(await shown(noon + minute - 1)).toBeNull();
    const first = { sequence: null, bid: '102', ask: '103', mid: '102.5', time: noon + minute };
    expect(await shown(noon + minute)).toEqual(first);
    expect(await shown(noon + 2 * minute - 1)).toEqual(first);
    expect(await shown(now)).toMatchObject({ bid: '104', time: noon + 2 * minute });
  });

  test('is not that of a tick from before a gap in what is kept', async () => {
    await write(tick(-7_200, '90', '91'), tick(0, '100', '101'), tick(600, '120', '121'));
    await bed.prisma.$executeRawUnsafe('DELETE FROM tick WHERE sequence = 2');
    expect(await shown(noon + 300_000)).toMatchObject({ sequence: null, bid: '100', time: noon + minute });
    expect(await shown(noon - minute)).toMatchObject({ sequence: 1 });
    expect(await shown(noon + 600_000)).toMatchObject({ sequence: 3 });
  });

  test('of an imported history is what that says: a side, both, or the middle', async () => {
    await imported('DAY_1', 'BID', '2026-06-01T00:00:00Z', '2026-06-02T00:00:00Z', '80');
    expect(await shown(Date.parse('2026-06-01T23:59:59.999Z'))).toBeNull();
    const day = { sequence: null, bid: '80', ask: null, mid: null, time: Date.parse('2026-06-02T00:00:00Z') };
    expect(await shown(Date.parse('2026-06-05T00:00:00Z'))).toEqual(day);
    await imported('DAY_1', 'ASK', '2026-06-01T00:00:00Z', '2026-06-02T00:00:00Z', '81');
    expect(await shown(Date.parse('2026-06-05T00:00:00Z'))).toEqual({ ...day, ask: '81', mid: '80.5' });
    await imported('HOUR_1', 'MID', '2026-06-04T10:00:00Z', '2026-06-04T11:00:00Z', '85');
    const hour = { sequence: null, bid: null, ask: null, mid: '85', time: Date.parse('2026-06-04T11:00:00Z') };
    expect(await shown(Date.parse('2026-06-05T00:00:00Z'))).toEqual(hour);
    expect(await shown(Date.parse('2026-06-04T10:59:59Z'))).toMatchObject({ time: day.time });
    await imported('MONTH_1', 'MID', '2026-04-01T00:00:00Z', '2026-05-01T00:00:00Z', '70');
    expect(await shown(Date.parse('2026-05-31T00:00:00Z'))).toMatchObject({
      mid: '70',
      time: Date.parse('2026-05-01T00:00:00Z'),
    });
  });

  test('is of the minute where an imported day ends with it', async () => {
    await imported('DAY_1', 'BID', '2026-06-10T00:00:00Z', '2026-06-11T00:00:00Z', '99');
    await write(tick(12 * 3_600 - 30, '100', '101'));
    await bed.prisma.$executeRawUnsafe('TRUNCATE tick');
    expect(await shown(now)).toMatchObject({ bid: '100', ask: '101', mid: '100.5' });
  });

  test('of a tick stands against an imported minute around it', async () => {
    await imported('MINUTE_1', 'BID', '2026-06-10T12:00:00Z', '2026-06-10T12:01:00Z', '99');
    await write(tick(30, '100', '101'));
    expect(await shown(noon + 2 * minute)).toMatchObject({ sequence: 1, bid: '100' });
  });

  test('counts ticks that have not come into the history yet', async () => {
    const writer = await bed.openWriter();
    await writer.publish([tick(0, '100', '101'), tick(10, '110', '111'), tick(5, '105', '106')]);
    await follower.follow(symbol);
    await write(tick(0, '100', '101'));
    expect(await shown(noon + 7_000)).toMatchObject({ sequence: 3, bid: '105' });
    expect(await shown(noon + 60_000)).toMatchObject({ sequence: 2, bid: '110' });
    expect(await shown(noon + 1_000)).toMatchObject({ sequence: 1 });
  });
});

describe('a change of price', () => {
  const changes = () => createPriceChangeService(createPastPriceRepository(bed.prisma));

  test('begins with the oldest price of its window where all that is known from before is long ago', async () => {
    await imported('MONTH_1', 'MID', '2026-04-01T00:00:00Z', '2026-05-01T00:00:00Z', '3000');
    const latest = { ...tick(3_600, '4099.5', '4100.5'), sequence: 2 };
    await write(tick(0, '3999.5', '4000.5'), latest);
    for (const window of ['DAY', 'WEEK'] as const) {
      const change = await changes().changeUntil(latest, window);
      expect([String(change?.amount), change?.since]).toEqual(['100', noon]);
    }
    await imported('MONTH_1', 'MID', '2026-05-01T00:00:00Z', '2026-06-01T00:00:00Z', '3900');
    const change = await changes().changeUntil(latest, 'WEEK');
    expect([String(change?.amount), change?.since]).toEqual(['200', noon + 3_600_000 - 7 * 86_400_000]);
  });

  test('is against the bid where the history has nothing else', async () => {
    await imported('MINUTE_1', 'BID', '2026-06-10T11:00:00Z', '2026-06-10T11:01:00Z', '90');
    const latest = { ...tick(minute / 1000 + 3_600, '100', '101'), sequence: 1 };
    const change = await changes().changeUntil(latest, 'HOUR');
    expect([String(change?.amount), change?.since]).toEqual(['10.5', noon + minute]);
  });

  test('of a cross price is over the window that ends when it last moved', async () => {
    await write(tick(0, '100', '101'), tick(3_600, '200', '201'));
    const latest = { ...tick(0, '300', '301'), movedAt: noon + 2 * 3_600_000, sequence: 3 };
    const change = await changes().changeUntil(latest, 'HOUR');
    expect([String(change?.amount), change?.since]).toEqual(['200', noon + 3_600_000]);
  });
});
