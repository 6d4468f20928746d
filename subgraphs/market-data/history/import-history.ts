import { basename } from 'node:path';
import { badInput } from '#shared/errors.ts';
import type { StoredInterval } from '../domain/stored-interval.ts';
import type { InstrumentRepository } from '../instrument-repository.ts';
import { assertInstrument } from './assert-instrument.ts';
import type { CandleImportRepository } from './candle-import-repository.ts';
import {
  createCandleCollector,
  createTickCollector,
  isSameCandle,
  type HistoryChunk,
  type RepeatedRow,
  type RowCollector,
} from './collect-history-rows.ts';
import { readCsvRows, type CsvRow } from '../csv-rows.ts';
import { planImport, type HistoryImport, type ImportPlan } from './plan-import.ts';
import type { RowProblem } from './row-problem.ts';

export type ImportSummary = ImportPlan & {
  rows: number;
  /** Rows that an earlier run had done; all of them where there was nothing left to do. */
  rowsDoneBefore: number;
  /** Candles that were written in this run, not counting the longer ones around them. */
  written: number;
  /** Candles that are there from ticks, and stay as those made them. */
  kept: number;
  /** Rows that are not taken. */
  skipped: number;
};

export type ImportEvents = {
  onPlan(plan: ImportPlan): void;
  onProblem(problem: RowProblem): void;
  /** The rows up to this one are done. `isWritten` is false for those that an earlier run had done. */
  onProgress(rows: number, isWritten: boolean): void;
};

/**
 * Imports a file of the past into the stored candles. It can be killed at any instruction and run again: it goes on where
 * it was, and comes to the same as a run that was not disturbed. Rows that cannot be used are told and skipped.
 * @throws DomainError NOT_FOUND for an unknown symbol, BAD_USER_INPUT for a file that is of no use, CONFLICT when it runs twice
 */
export async function importHistory(
  order: HistoryImport,
  options: {
    instruments: Pick<InstrumentRepository, 'all'>;
    repository: CandleImportRepository;
    events: ImportEvents;
    signal: AbortSignal;
    /** Rows that are written together: more gain nothing, and fewer have to be read again after a kill. */
    chunkRows?: number;
  },
): Promise<ImportSummary> {
  const { repository, events, signal, chunkRows = 5_000 } = options;
  const { file, symbol } = order;
  await assertInstrument(options.instruments, symbol);
  const plan = await planImport(order, signal);
  const { id, format, interval } = plan;
  events.onPlan(plan);

  const { rowsDone, startedAt, isFinished } = await repository.open(id, basename(file), order.again ?? false);
  const summary: ImportSummary = { ...plan, rows: rowsDone, rowsDoneBefore: rowsDone, written: 0, kept: 0, skipped: 0 };
  if (isFinished) return summary;

  // A run that is taken up judges by the clock of its beginning: else it might take what it had refused, or the reverse.
  const meaning = { interval, now: startedAt };
  const collector: RowCollector =
    format.kind === 'ticks'
      ? createTickCollector({ ...meaning, format })
      : createCandleCollector({ ...meaning, format }, plan.bases[0]!);

  let [done, rows] = [0, 0];
  let problems: RowProblem[] = [];
  let writing = Promise.resolve();
  /** Rows of an earlier run are only looked at, for the problems in them and for spans that come up again. */
  const finishChunk = async (chunk: HistoryChunk & { from: number; to: number; problems: RowProblem[] }) => {
    const { from, to, candles, additions, repeated } = chunk;
    if (to > rowsDone) {
      const written = await repository.write({ id, symbol, interval, from, to, candles, additions });
      summary.written += written;
      summary.kept += candles.length - written;
    }
    const all = [...chunk.problems, ...(await differences(repeated, { repository, symbol, interval }))];
    for (const problem of all.toSorted((one, other) => one.line - other.line)) events.onProblem(problem);
    summary.skipped += all.length;
    events.onProgress(to, to > rowsDone);
  };
  /** Chunks are written one after the other, and each while the next one is read. */
  const endChunk = async () => {
    const chunk = { ...collector.take(), from: done, to: rows, problems };
    problems = [];
    done = rows;
    await writing;
    writing = finishChunk(chunk);
    // Whoever waits for it next sees the error.
    writing.catch(() => undefined);
  };
  let isToBeContinued = false;
  for await (const row of readCsvRows(file, signal)) {
    if (row.row === 0) continue;
    rows = row.row;
    const code = collector.add(row);
    if (code) problems.push(asProblem(row, code));
    if (code === 'NOT_OVER') isToBeContinued = true;
    if (rows === rowsDone || rows - done >= chunkRows) await endChunk();
  }
  if (rows > done) await endChunk();
  await writing;
  summary.rows = rows;
  if (rows === 0) throw badInput(`${file} has no row behind its header.`);
  if (summary.skipped === rows) throw badInput(`None of the ${rows} rows of ${file} can be used.`);
  // What was not over yet can be imported from the same file later.
  await (isToBeContinued ? repository.forget(id) : repository.finish(id));
  return summary;
}

/** Rows that say something else than what was imported from an earlier row of their span. */
async function differences(
  repeated: readonly RepeatedRow[],
  { repository, symbol, interval }: { repository: CandleImportRepository; symbol: string; interval: StoredInterval },
): Promise<RowProblem[]> {
  if (repeated.length === 0) return [];
  const { basis } = repeated[0]!.candle;
  const openTimes = repeated.map(({ candle }) => candle.openTime);
  const stored = await repository.imported({ symbol, interval, basis }, openTimes);
  return repeated.flatMap(({ row, candle }) => {
    const earlier = stored.get(candle.openTime);
    return !earlier || isSameCandle(earlier, candle) ? [] : [asProblem(row, 'REPEATED')];
  });
}

function asProblem({ line, fields }: CsvRow, code: RowProblem['code']): RowProblem {
  return { line, code, row: fields.join(',') };
}
