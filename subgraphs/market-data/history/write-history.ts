import type { SqlClient, TransactionalClient } from '#shared/database.ts';
import type { Logger } from '#shared/logger.ts';
import { repeat } from '#shared/repeat.ts';
import type { TickFollower } from '#shared/ticks/tick-follower.ts';
import type { Tick } from '#shared/ticks/tick.ts';
import { pause, settledOrAborted } from '#shared/waiting.ts';
import type { TickCheckpointRepository } from '../ingestion/tick-checkpoint-repository.ts';
import type { createCandleMetrics } from '../market-data-metrics.ts';
import { createHistoryRepository, type TickBatch } from './history-repository.ts';
import { readUnwrittenTicks } from './read-unwritten-ticks.ts';
import { createTickPartitions } from './tick-partitions.ts';

export type HistoryWriter = {
  /** Begins at the checkpoints; a PostgreSQL that is away is waited for. A writer is started once. */
  start(): void;
  /** Ends the reading and writes what was read; what cannot be written now is read again by the next writer. */
  stop(): Promise<void>;
};

/** One symbol's reading: the ticks that were read behind `from` and are not yet written. */
type Reading = { symbol: string; from: number; ticks: Tick[]; cancel: AbortController };

const writeEveryMs = 1_000;
const retryMs = 1_000;
/** So many unwritten ticks are written at once, without waiting for the second to end. */
const batchTicks = 5_000;
/** With so many unwritten ticks reading waits: PostgreSQL is slow or away, and the stream keeps what is not read. */
const mostUnwrittenTicks = 20_000;
const tidyEveryMs = 3_600_000;

/**
 * Turns the tick stream into ticks and candles in PostgreSQL, a second behind. Every tick is there exactly once whenever
 * the process is killed: a symbol's checkpoint moves in the transaction of its ticks and candles, and reading begins at
 * the checkpoint.
 * @param options.keepDays days that ticks are kept; candles are kept for ever
 * @param options.onWritten is told up to which sequence the history contains a symbol's ticks
 */
export function createHistoryWriter(options: {
  symbols: readonly string[];
  follower: Pick<TickFollower, 'ticks'>;
  checkpoints: Pick<TickCheckpointRepository, 'open'>;
  prisma: TransactionalClient<SqlClient>;
  keepDays: number;
  onWritten?: (symbol: string, sequence: number) => Promise<void>;
  metrics: ReturnType<typeof createCandleMetrics>;
  clock: () => number;
  logger: Logger;
}): HistoryWriter {
  const { symbols, follower, prisma, keepDays, metrics, clock, logger } = options;
  const partitions = createTickPartitions({ database: prisma, keepDays, clock });
  const repository = createHistoryRepository({ database: prisma, partitions });
  const tidying = repeat({ name: 'tick partitions', everyMs: tidyEveryMs, work: tidy, logger });
  const stopping = new AbortController();
  const readings = new Map<string, Reading>();
  const running = new Set<Promise<void>>();
  let writing: Promise<void> | undefined;
  let isFailing = false;
  /** Ends the wait for the next write. */
  let enough = () => {};
  let room = Promise.withResolvers<void>();

  const unwritten = () => readings.values().reduce((total, { ticks }) => total + ticks.length, 0);

  async function readFromCheckpoints(some: readonly string[]): Promise<void> {
    while (!stopping.signal.aborted) {
      try {
        const checkpoints = await options.checkpoints.open(some);
        for (const [symbol, { historySequence }] of checkpoints) track(read(symbol, historySequence));
        return;
      } catch (err) {
        logger.error({ err, symbols: some }, 'the checkpoints of the history could not be read; trying again');
        await pause(retryMs, stopping.signal);
      }
    }
  }

  async function read(symbol: string, from: number): Promise<void> {
    if (stopping.signal.aborted) return;
    const reading: Reading = { symbol, from, ticks: [], cancel: new AbortController() };
    readings.set(symbol, reading);
    tellWritten(symbol, from);
    const { signal } = reading.cancel;
    for await (const tick of readUnwrittenTicks({ follower, symbol, after: from, signal, logger })) {
      if (signal.aborted) return;
      reading.ticks.push(tick);
      if (unwritten() >= batchTicks) enough();
      while (unwritten() >= mostUnwrittenTicks && !signal.aborted) await settledOrAborted(room.promise, signal);
    }
  }

  async function writeOn(): Promise<void> {
    while (!stopping.signal.aborted) {
      await enoughOrEverySecond();
      if (!(await write())) await pause(retryMs, stopping.signal);
    }
  }

  async function enoughOrEverySecond(): Promise<void> {
    if (unwritten() >= batchTicks) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    enough = resolve;
    const timer = setTimeout(resolve, writeEveryMs);
    await settledOrAborted(promise, stopping.signal);
    clearTimeout(timer);
  }

  /** @returns whether what was read is written, or is in already */
  async function write(): Promise<boolean> {
    const taken = [...readings.values()].filter(({ ticks }) => ticks.length > 0);
    if (taken.length === 0) return true;
    const batches: TickBatch[] = taken.map(({ symbol, from, ticks }) => ({ symbol, from, ticks: [...ticks] }));
    let written: Set<string>;
    try {
      written = await repository.write(batches);
    } catch (err) {
      metrics.failures.inc();
      if (!isFailing) logger.error({ err }, 'ticks and candles could not be written; trying again every second');
      isFailing = true;
      return false;
    }
    if (isFailing) logger.info('ticks and candles are written again');
    isFailing = false;
    for (const [index, { ticks }] of batches.entries()) {
      const reading = taken[index]!;
      if (!written.has(reading.symbol)) readAgain(reading);
      else {
        reading.ticks.splice(0, ticks.length);
        reading.from = ticks.at(-1)!.sequence;
        metrics.written.inc(ticks.length);
        tellWritten(reading.symbol, reading.from);
      }
    }
    room.resolve();
    room = Promise.withResolvers();
    return true;
  }

  /** The checkpoint is elsewhere: an answer was lost after its write, or another writer is at work. */
  function readAgain({ symbol, from, cancel }: Reading): void {
    logger.warn({ symbol, from }, 'these ticks are in the history already; reading again from the checkpoint');
    cancel.abort();
    readings.delete(symbol);
    track(readFromCheckpoints([symbol]));
  }

  function tellWritten(symbol: string, sequence: number): void {
    options
      .onWritten?.(symbol, sequence)
      .catch((err: unknown) => logger.warn({ err, symbol, sequence }, 'the stream could not be told what is written'));
  }

  async function tidy(): Promise<void> {
    const dropped = await partitions.tidy();
    if (dropped.length > 0) logger.info({ dropped }, 'old ticks removed');
  }

  function track(work: Promise<void>): void {
    const done = work.finally(() => running.delete(done));
    running.add(done);
  }

  return {
    start() {
      track(readFromCheckpoints(symbols));
      writing = writeOn();
      tidying.start();
    },
    async stop() {
      stopping.abort();
      await writing;
      for (const { cancel } of readings.values()) cancel.abort();
      await Promise.all(running);
      await write();
      await tidying.close();
    },
  };
}
