import { repeat } from '#shared/repeat.ts';
import { createTickWriter, type WriterLease } from '#shared/ticks/tick-writer.ts';
import type { Config } from './config.ts';
import type { openConnections } from './connections.ts';
import type { Instrument } from './domain/instrument.ts';
import { createMarketClock } from './domain/market-hours.ts';
import { createFeeds } from './feeds/create-feeds.ts';
import type { FeedHealth } from './feeds/feed.ts';
import { createTickHistoryRepository } from './history/tick-history-repository.ts';
import { createHistoryWriter } from './history/write-history.ts';
import { createTickIngestion } from './ingestion/ingest-ticks.ts';
import type { Term } from './ingestion/leadership.ts';
import { createPriceMaker } from './ingestion/price-maker.ts';
import { createSequenceCeilings } from './ingestion/sequence-ceilings.ts';
import { createSourceBasisRepository } from './ingestion/source-basis-repository.ts';
import { createTickCheckpointRepository } from './ingestion/tick-checkpoint-repository.ts';
import type { createCandleMetrics, createIngestionMetrics } from './market-data-metrics.ts';

const clock = Date.now;
const saveBasesEveryMs = 60_000;
/** The spread that a price gets of which only the middle is known, in basis points: a usual one of gold. */
const midSpreadBps = 3;

/** What a worker runs while it leads. */
export type IngestionTerm = Term & { feeds(): { name: string; health: FeedHealth }[] };

/**
 * Runs the feeds into the tick stream, and the tick stream into the history.
 * @throws Error where a feed quotes what is no instrument, or can never deliver
 */
export async function beginTerm(options: {
  config: Config;
  base: ReturnType<typeof openConnections>;
  instruments: readonly Instrument[];
  lease: WriterLease;
  ingestionMetrics: ReturnType<typeof createIngestionMetrics>;
  candleMetrics: ReturnType<typeof createCandleMetrics>;
}): Promise<IngestionTerm> {
  const { config, instruments, lease } = options;
  const { logger, prisma, redis, follower } = options.base;
  const feeds = createFeeds({ config, clock, random: Math.random, logger });
  const symbols = instruments.map(({ symbol }) => symbol);
  const unknown = feeds
    .flatMap(({ sources }) => sources)
    .filter(({ kind, symbol }) => kind !== 'rate' && !symbols.includes(symbol));
  if (unknown.length > 0)
    throw new Error(`The feeds quote what is no instrument: ${unknown.map(({ symbol }) => symbol).join(', ')}`);

  const calendar = { hours: config.MARKET_HOURS, holidays: config.MARKET_HOLIDAYS };
  const marketClock = createMarketClock(calendar);
  const bases = createSourceBasisRepository(prisma);
  const checkpoints = createTickCheckpointRepository(prisma);
  const tickHistory = createTickHistoryRepository(prisma);
  const prices = createPriceMaker({
    sources: feeds.flatMap(({ sources }) => sources),
    instruments,
    limits: {
      maxSpreadBps: config.MAX_SPREAD_BPS,
      maxJumpBps: config.MAX_JUMP_BPS,
      maxDistanceBps: config.MAX_SOURCE_DISTANCE_BPS,
      midSpreadBps,
    },
    breakerLimits: {
      degradedBps: config.BREAKER_DEGRADED_BPS,
      haltBps: config.BREAKER_HALT_BPS,
      haltMs: config.BREAKER_HALT_MS,
      quorum: config.CONSENSUS_QUORUM,
    },
    freshForMs: config.STALE_AFTER_MS,
    isOpen: (now) => marketClock(now).state === 'OPEN',
    bases: await bases.recent(),
    onProblem: (quote, problem) => {
      options.ingestionMetrics.rejected.inc({ source: quote.source, reason: problem });
      logger.debug({ quote, problem }, 'a quote was not used');
    },
  });
  const mostUnwrittenTicks = Math.max(config.TICKS_KEPT, config.TICKS_KEPT_AT_MOST);
  const writer = createTickWriter({
    redis,
    prefix: config.REDIS_PREFIX,
    keep: config.TICKS_KEPT,
    keepAtMost: mostUnwrittenTicks,
    lease,
    logger,
  });
  const ingestion = createTickIngestion({
    feeds,
    symbols,
    prices,
    writer,
    ceilings: createSequenceCeilings({ repository: checkpoints, logger }),
    lastMidOf: (symbol) => tickHistory.lastMid(symbol),
    windowMs: config.CONSENSUS_WINDOW_MS,
    bufferTicks: config.INGEST_BUFFER_TICKS,
    mostUnwrittenTicks,
    metrics: options.ingestionMetrics,
    clock,
    logger,
  });
  const history = createHistoryWriter({
    symbols,
    follower,
    checkpoints,
    prisma,
    keepDays: config.TICK_HISTORY_DAYS,
    onWritten: (symbol, sequence) => writer.release(symbol, sequence),
    metrics: options.candleMetrics,
    clock,
    logger,
  });
  const basesSaved = repeat({
    name: 'keep bases',
    everyMs: saveBasesEveryMs,
    work: () => bases.save(prices.bases(), clock()),
    logger,
  });
  const stop = async (isLost: boolean) => {
    await ingestion.stop(isLost ? 0 : config.SHUTDOWN_TIMEOUT_MS / 2);
    await basesSaved.close();
    await history.stop();
  };
  try {
    await ingestion.start();
  } catch (error) {
    await ingestion.stop(0);
    throw error;
  }
  await history.start();
  basesSaved.start();
  return { stop, feeds: () => feeds.map(({ name, health }) => ({ name, health: health() })) };
}
