import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { aTick } from '#shared/testing/builders.ts';
import { candleIntervals, dayBoundaries, openTimeOf } from '../domain/candle-interval.ts';
import { createCandleRepository, type CandleRepository } from '../history/candle-repository.ts';
import { createMarketDataBed, type MarketDataBed } from './market-data-processes.ts';
import { writeTicks } from './write-ticks.ts';

let bed: MarketDataBed;
let candles: CandleRepository;
beforeAll(async () => {
  bed = await createMarketDataBed();
  candles = createCandleRepository(bed.prisma);
});
afterAll(() => bed.close());

describe('the candle under way', () => {
  test('is that of the span, with the one before it and how far the history is', async () => {
    const symbol = 'XAU-USD';
    const at = Date.parse('2026-07-15T20:59:30Z');
    const before = Date.parse('2026-05-01T10:00:00Z');
    const tick = (time: number, bid: string) => aTick({ bid, ask: '5000', time, receivedAt: Date.now() });
    await writeTicks(bed.prisma, [
      tick(before, '10'),
      tick(at - 2_000, '30'),
      tick(at, '20'),
      tick(at + 86_400_000 * 40, '1'),
    ]);
    for (const interval of candleIntervals) {
      for (const dayBoundary of dayBoundaries) {
        const asked = await candles.candleUnderWay({ symbol, basis: 'BID', interval, dayBoundary, at });
        expect(asked).toEqual({
          candle: {
            openTime: openTimeOf(interval, at, dayBoundary),
            open: '30',
            high: '30',
            low: '20',
            close: '20',
            tickCount: 2,
            firstAt: at - 2_000,
            lastAt: at,
          },
          latestBefore: expect.objectContaining({ openTime: openTimeOf(interval, before, dayBoundary), tickCount: 1 }),
          historySequence: 4,
        });
      }
    }
    const night = { symbol, basis: 'BID', interval: 'HOUR_1', dayBoundary: 'UTC', at: at + 86_400_000 } as const;
    expect(await candles.candleUnderWay(night)).toMatchObject({ candle: undefined, latestBefore: { tickCount: 2 } });
  });

  test('is none where nothing was ever written', async () => {
    const never = { symbol: 'XAG-TRY', basis: 'MID', interval: 'DAY_1', dayBoundary: 'UTC', at: 0 } as const;
    expect(await candles.candleUnderWay(never)).toEqual({
      candle: undefined,
      latestBefore: undefined,
      historySequence: 0,
    });
  });

  test('holds exactly the ticks up to the sequence that comes with it, also while ticks are written', async () => {
    const symbol = 'XAG-USD';
    const at = Date.parse('2026-07-15T10:00:00Z');
    let isWriting = true;
    const writing = (async () => {
      for (let turn = 0; turn < 30; turn += 1)
        await writeTicks(
          bed.prisma,
          Array.from({ length: 7 }, () => aTick({ symbol, time: at + turn, receivedAt: Date.now() })),
        );
      isWriting = false;
    })();
    const seen = new Set<number>();
    while (isWriting) {
      const { candle, historySequence } = await candles.candleUnderWay({
        symbol,
        basis: 'ASK',
        interval: 'WEEK_1',
        dayBoundary: 'NY_1700',
        at,
      });
      expect(candle?.tickCount ?? 0).toBe(historySequence);
      seen.add(historySequence);
    }
    await writing;
    expect(seen.size).toBeGreaterThan(3);
  });
});
