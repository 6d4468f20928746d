import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createMetrics } from '#shared/metrics.ts';
import { aTick } from '#shared/testing/builders.ts';
import { createTickFollower } from '#shared/ticks/tick-follower.ts';
import { createCandleMetrics } from '../market-data-metrics.ts';
import { createMinuteCandleRepository, type MinuteCandleRepository } from '../minute-candle-repository.ts';
import { createTickCheckpointRepository } from '../tick-checkpoint-repository.ts';
import { createCandleWriter } from '../write-candles.ts';
import { createMarketDataBed, until, type MarketDataBed } from './market-data-processes.ts';

const symbol = 'XAU-USD';

let bed: MarketDataBed;
beforeAll(async () => {
  bed = await createMarketDataBed();
});
afterAll(() => bed.close());

const startWriter = async (repository: MinuteCandleRepository) => {
  const follower = createTickFollower({ ...bed.redis, memory: 1_000, logger: bed.logger });
  const writer = createCandleWriter({
    symbols: [symbol],
    follower,
    checkpoints: createTickCheckpointRepository(bed.prisma),
    repository,
    metrics: createCandleMetrics(createMetrics('test')),
    logger: bed.logger,
  });
  await writer.start();
  return async () => {
    await writer.stop();
    await follower.close();
  };
};
const counted = async () => {
  const candles = await bed.prisma.minuteCandle.findMany({ where: { symbol } });
  return candles.reduce((total, { tickCount }) => total + tickCount, 0);
};
const checkpoint = async () =>
  Number((await bed.prisma.tickCheckpoint.findUnique({ where: { symbol } }))?.candleSequence ?? 0);

describe('writers of candles', () => {
  test('two at once, and one whose answers are lost, count every tick once', async () => {
    const repository = createMinuteCandleRepository(bed.prisma);
    let answers = 0;
    const forgetful: MinuteCandleRepository = {
      ...repository,
      async write(moves, candles) {
        const written = await repository.write(moves, candles);
        answers += 1;
        if (answers % 2 === 1) throw new Error('the connection was lost after the commit');
        return written;
      },
    };
    const stops = [await startWriter(repository), await startWriter(forgetful)];
    const feed = await bed.openWriter();
    let published = 0;
    await until(async () => {
      await feed.publish(Array.from({ length: 7 }, () => aTick({ time: 1_800_000_000_000 + published * 900 })));
      published += 7;
      return published >= 1_000;
    });
    await until(async () => (await checkpoint()) === published);
    for (const stop of stops) await stop();
    expect(await counted()).toBe(published);
    expect(await checkpoint()).toBe(published);
  });
});
