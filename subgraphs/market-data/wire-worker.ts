import { randomInt } from 'node:crypto';
import { createHttpServer } from '#shared/http-server.ts';
import type { Logger } from '#shared/logger.ts';
import type { WiredProcess } from '#shared/run-process.ts';
import { createTickWriter } from '#shared/ticks/tick-writer.ts';
import type { Config } from './config.ts';
import { openConnections } from './connections.ts';
import type { Feed } from './feeds/feed.ts';
import { createReplay } from './feeds/replay.ts';
import { createSimulator } from './feeds/simulator.ts';
import { createTickIngestion } from './ingest-ticks.ts';
import { createInstrumentRepository } from './instrument-repository.ts';
import { createCandleMetrics, createIngestionMetrics } from './market-data-metrics.ts';
import { createMinuteCandleRepository } from './minute-candle-repository.ts';
import { createSequenceCeilings } from './sequence-ceilings.ts';
import { createTickCheckpointRepository } from './tick-checkpoint-repository.ts';
import { createCandleWriter } from './write-candles.ts';

const clock = Date.now;

/** Runs the feed into the tick stream, and the tick stream into candles. */
export function wireWorker(config: Config): WiredProcess {
  const base = openConnections(config);
  const { logger, metrics, prisma, redis, follower } = base;
  const feed = createFeed(config, logger);
  const instruments = createInstrumentRepository(prisma);
  const checkpoints = createTickCheckpointRepository(prisma);
  const candles = createMinuteCandleRepository(prisma);
  const ingestion = createTickIngestion({
    feed,
    writer: createTickWriter({ redis, prefix: config.REDIS_PREFIX, keep: config.TICKS_KEPT, logger }),
    ceilings: createSequenceCeilings({ repository: checkpoints, logger }),
    lastMidOf: candles.lastClose,
    maxSpreadBps: config.MAX_SPREAD_BPS,
    bufferTicks: config.INGEST_BUFFER_TICKS,
    metrics: createIngestionMetrics(metrics),
    clock,
    logger,
  });
  const candleWriter = createCandleWriter({
    symbols: feed.symbols,
    follower,
    checkpoints,
    repository: candles,
    metrics: createCandleMetrics(metrics),
    logger,
  });
  const http = createHttpServer({
    host: config.HOST,
    port: config.PORT,
    metrics,
    checks: {
      ...base.checks,
      feed: async () => {
        const { ok, detail } = feed.health();
        if (!ok) throw new Error(detail);
      },
    },
    onError: (err) => logger.error({ err }, 'request failed'),
  });
  return {
    logger,
    async start() {
      const known = new Set((await instruments.all()).map(({ symbol }) => symbol));
      const unknown = feed.symbols.filter((symbol) => !known.has(symbol));
      if (unknown.length > 0) throw new Error(`The feed quotes what is no instrument: ${unknown.join(', ')}`);
      await candleWriter.start();
      await ingestion.start();
      return http.listen();
    },
    async stop() {
      await ingestion.stop(config.SHUTDOWN_TIMEOUT_MS / 2);
      await candleWriter.stop();
      await http.close();
      await base.close();
    },
  };
}

function createFeed(config: Config, logger: Logger): Feed {
  if (config.FEED === 'replay') {
    return createReplay({
      file: config.REPLAY_FILE!,
      symbol: config.REPLAY_SYMBOL,
      speed: config.REPLAY_SPEED,
      maxGapMs: config.REPLAY_MAX_GAP_MS,
      clock,
      logger,
    });
  }
  return createSimulator({
    seed: config.SIMULATOR_SEED ?? randomInt(2 ** 32),
    xauUsd: config.SIMULATOR_XAU_USD,
    marketHours: config.MARKET_HOURS,
    clock,
  });
}
