import { createHash } from 'node:crypto';
import { badInput } from '#shared/errors.ts';
import type { CandleBasis } from '../domain/candles.ts';
import { intervalOfTimes, type StoredInterval } from '../domain/stored-interval.ts';
import { formatOf, type HistoryFormat } from './history-format.ts';
import { readCsvRows } from '../csv-rows.ts';
import { inspectHistoryFile } from './inspect-history-file.ts';
import { instantOfText } from '../instant-of-text.ts';

export type HistoryImport = {
  file: string;
  symbol: string;
  /** What a file of candles is of; MID when left out. Ticks become candles of all three. */
  basis?: CandleBasis | undefined;
  /** Of a file of candles; found from the distances between its rows when left out. */
  interval?: StoredInterval | undefined;
  /** The column that is the price, where the header does not tell. */
  column?: string | undefined;
  /** The column that counts ticks; volumes are no such thing and are not taken for it. */
  ticksColumn?: string | undefined;
  /** Imports again what is there already. */
  again?: boolean | undefined;
};

/** What the rows of a file are taken for. */
export type ImportPlan = {
  /** The same for the same rows taken for the same. */
  id: string;
  format: HistoryFormat;
  interval: StoredInterval;
  /** One for candles, all three for ticks. */
  bases: readonly CandleBasis[];
  /** Lines behind the header: about as many as rows. */
  lines: number;
};

/** Rows from which the interval is found. */
const spacingRows = 1_000;

/**
 * Reads a file once, and decides by its header and its first rows what it holds.
 * @throws DomainError BAD_USER_INPUT in a sentence, where that cannot be told or is nothing that can be imported
 */
export async function planImport(order: HistoryImport, signal: AbortSignal): Promise<ImportPlan> {
  const { header, hash, lines } = await inspectHistoryFile(order.file, signal);
  const format = formatOf(header, { column: order.column, ticksColumn: order.ticksColumn });
  const interval = await intervalOf(order, format, signal);
  const bases = basesOf(order, format);
  const meaning = JSON.stringify([hash, order.symbol, interval, bases, format]);
  return { id: createHash('sha256').update(meaning).digest('hex'), format, interval, bases, lines };
}

function basesOf({ basis }: HistoryImport, { kind }: HistoryFormat): readonly CandleBasis[] {
  if (kind === 'candles') return [basis ?? 'MID'];
  if (basis !== undefined) throw badInput('Ticks make candles of bid, ask and mid: leave out --basis.');
  return ['MID', 'BID', 'ASK'];
}

async function intervalOf(order: HistoryImport, format: HistoryFormat, signal: AbortSignal): Promise<StoredInterval> {
  if (format.kind === 'ticks') {
    if (order.interval !== undefined) throw badInput('Ticks make candles of minutes: leave out --interval.');
    return 'MINUTE_1';
  }
  if (order.interval !== undefined) return order.interval;
  const times: number[] = [];
  for await (const { row, fields } of readCsvRows(order.file, signal)) {
    const time = row === 0 ? undefined : instantOfText(fields[format.time] ?? '');
    if (time !== undefined) times.push(time);
    if (row === spacingRows) break;
  }
  const found = intervalOfTimes(times);
  if (found.interval) return found.interval;
  const spacing =
    found.distanceMs === undefined
      ? 'The file has fewer than two rows with a time'
      : `Most rows of the file are ${wordsOf(found.distanceMs)} apart`;
  throw badInput(
    `${spacing}. Candles of a minute, an hour, a day or a month are stored; where these are such with gaps, say --interval.`,
  );
}

/** Such as "5 minutes", "1.5 hours". */
function wordsOf(milliseconds: number): string {
  const units = [
    ['days', 86_400_000],
    ['hours', 3_600_000],
    ['minutes', 60_000],
    ['seconds', 1_000],
  ] as const;
  const [name, length] = units.find(([, each]) => milliseconds >= each) ?? ['milliseconds', 1];
  return `${Number((milliseconds / length).toFixed(2))} ${name}`;
}
