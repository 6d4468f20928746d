import { DomainError } from '#shared/errors.ts';
import type { Logger } from '#shared/logger.ts';
import type { TickFollower } from '#shared/ticks/tick-follower.ts';
import type { createCandleMetrics } from './market-data-metrics.ts';
import { addTick, mergeCandles, type MinuteCandles } from './domain/minute-candles.ts';
import type { CheckpointMove, MinuteCandleRepository } from './minute-candle-repository.ts';
import type { TickCheckpointRepository } from './tick-checkpoint-repository.ts';

export type CandleWriter = {
  start(): Promise<void>;
  /** Ends the reading and writes what was read. */
  stop(): Promise<void>;
};

/** One symbol's reading: candles hold the ticks behind `from` up to `to`. `cancel` ends it. */
type Reading = { symbol: string; from: number; to: number; candles: MinuteCandles; cancel: AbortController };

const writeEveryMs = 1_000;
const retryMs = 1_000;

/**
 * Turns the tick stream into minute candles in PostgreSQL, a second behind. Every tick is counted exactly once whenever the
 * process is killed: a symbol's checkpoint moves in the same statement as its candles, and reading begins at the checkpoint.
 */
export function createCandleWriter(options: {
  symbols: readonly string[];
  follower: TickFollower;
  checkpoints: Pick<TickCheckpointRepository, 'open'>;
  repository: MinuteCandleRepository;
  metrics: ReturnType<typeof createCandleMetrics>;
  logger: Logger;
}): CandleWriter {
  const { follower, repository, metrics, logger } = options;
  const readings = new Map<string, Reading>();
  const running = new Set<Promise<void>>();
  let timer: NodeJS.Timeout | undefined;
  let writing: Promise<void> = Promise.resolve();
  let isStopped = false;
  let isFailing = false;

  function readFrom(symbol: string, checkpoint: number): void {
    const reading: Reading = {
      symbol,
      from: checkpoint,
      to: checkpoint,
      candles: new Map(),
      cancel: new AbortController(),
    };
    readings.set(symbol, reading);
    track(read(reading));
  }

  async function read(reading: Reading): Promise<void> {
    const { symbol, cancel } = reading;
    let after = reading.to;
    while (!cancel.signal.aborted) {
      try {
        for await (const tick of follower.ticks(symbol, { after, signal: cancel.signal })) {
          if (cancel.signal.aborted) return;
          if (tick.sequence > reading.to) {
            addTick(reading.candles, tick);
            reading.to = tick.sequence;
          }
        }
        return;
      } catch (error) {
        after = (await placeAfter(error, symbol)) ?? reading.to;
      }
    }
  }

  /** Where to read on after a refusal: behind what is no longer kept, or from the first tick of a stream that began anew. */
  async function placeAfter(error: unknown, symbol: string): Promise<number | undefined> {
    if (error instanceof DomainError && error.code === 'SEQUENCE_AHEAD') return 0;
    if (error instanceof DomainError && error.code === 'SEQUENCE_TOO_OLD') {
      const oldest = Number(error.details.oldestSequence);
      logger.warn({ symbol, oldest }, 'ticks are no longer kept; candles go on behind them');
      return oldest - 1;
    }
    logger.error({ err: error, symbol }, 'reading ticks for candles failed; trying again');
    await new Promise((resolve) => setTimeout(resolve, retryMs));
    return undefined;
  }

  async function write(): Promise<void> {
    const taken = [...readings.values()]
      .filter((reading) => reading.to > reading.from)
      .map((reading) => {
        const { symbol, from, to, candles } = reading;
        reading.candles = new Map();
        return { reading, candles, move: { symbol, from, to } };
      });
    if (taken.length === 0) return;
    const all = taken.flatMap(({ candles }) => [...candles.values()]);
    let written: Set<string>;
    try {
      written = await repository.write(
        taken.map(({ move }) => move),
        all,
      );
    } catch (err) {
      metrics.failures.inc();
      if (!isFailing) logger.error({ err }, 'candles could not be written; trying again every second');
      isFailing = true;
      for (const { reading, candles } of taken) reading.candles = mergeCandles(candles, reading.candles);
      return;
    }
    if (isFailing) logger.info('candles are written again');
    isFailing = false;
    for (const { reading, move } of taken) {
      if (written.has(move.symbol)) reading.from = move.to;
      else readAgain(reading, move);
    }
    metrics.written.inc(all.reduce((total, { symbol, tickCount }) => total + (written.has(symbol) ? tickCount : 0), 0));
  }

  /** The checkpoint is elsewhere: an answer was lost after its write, or another writer is at work. */
  function readAgain(reading: Reading, move: CheckpointMove): void {
    logger.warn({ ...move }, 'the candles of these ticks are written already; reading again from the checkpoint');
    reading.cancel.abort();
    readings.delete(reading.symbol);
    track(readFromCheckpoint(reading.symbol));
  }

  async function readFromCheckpoint(symbol: string): Promise<void> {
    while (!isStopped) {
      try {
        const checkpoints = await options.checkpoints.open([symbol]);
        if (!isStopped) readFrom(symbol, checkpoints.get(symbol)!.candleSequence);
        return;
      } catch (err) {
        logger.error({ err, symbol }, 'the checkpoint could not be read; trying again');
        await new Promise((resolve) => setTimeout(resolve, retryMs));
      }
    }
  }

  function track(work: Promise<void>): void {
    const done = work.finally(() => running.delete(done));
    running.add(done);
  }

  function writeLater(): void {
    timer = setTimeout(() => {
      writing = write().finally(() => {
        if (!isStopped) writeLater();
      });
    }, writeEveryMs);
  }

  return {
    async start() {
      const checkpoints = await options.checkpoints.open(options.symbols);
      for (const [symbol, { candleSequence }] of checkpoints) readFrom(symbol, candleSequence);
      writeLater();
    },
    async stop() {
      isStopped = true;
      clearTimeout(timer);
      await writing;
      for (const { cancel } of readings.values()) cancel.abort();
      await Promise.all(running);
      await write();
    },
  };
}
