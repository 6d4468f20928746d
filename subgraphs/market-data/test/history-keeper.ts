import { createMetrics } from '#shared/metrics.ts';
import { createTickFollower } from '#shared/ticks/tick-follower.ts';
import { tickStreamKey } from '#shared/ticks/tick-entry.ts';
import { createHistoryWriter } from '../history/write-history.ts';
import { createTickCheckpointRepository } from '../ingestion/tick-checkpoint-repository.ts';
import { createCandleMetrics } from '../market-data-metrics.ts';
import { until, type MarketDataBed } from './market-data-processes.ts';

export type HistoryKeeper = {
  /** Waits until the history contains a symbol's ticks up to a sequence. */
  hasWritten(symbol: string, sequence: number): Promise<void>;
  stop(): Promise<void>;
};

/** Writes the tick streams of some symbols into the history, as a worker does, for tests that are the feed themselves. */
export function startHistoryKeeper(bed: MarketDataBed, symbols: string[]): HistoryKeeper {
  const follower = createTickFollower({ ...bed.redis, memory: 1_000, logger: bed.logger });
  const checkpoints = createTickCheckpointRepository(bed.prisma);
  const writer = createHistoryWriter({
    symbols,
    follower,
    checkpoints,
    prisma: bed.prisma,
    keepDays: 30,
    metrics: createCandleMetrics(createMetrics('test')),
    clock: Date.now,
    logger: bed.logger,
  });
  writer.start();
  return {
    async hasWritten(symbol, sequence) {
      await until(async () => (await checkpoints.open([symbol])).get(symbol)!.historySequence >= sequence);
    },
    async stop() {
      await writer.stop();
      await follower.close();
    },
  };
}

/** Cuts a symbol's stream so that it begins with a sequence, as a worker does once the history has what is before. */
export async function cutStream({ redis }: MarketDataBed, symbol: string, firstSequence: number): Promise<void> {
  await redis.redis.xtrim(tickStreamKey(redis.prefix, symbol), 'MINID', `${firstSequence}-0`);
}
