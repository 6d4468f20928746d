import { readCsvRows } from '../csv-rows.ts';
import { problemOfPrices } from '../domain/validate-quote.ts';
import { instantOfText } from '../instant-of-text.ts';

/** One row of a recording. Prices are the file's own text; `time` is epoch milliseconds, `row` counts from 1 behind the header. */
export type ReplayRow = { row: number; line: number } & (
  { bid: string; ask: string; time: number } | { problem: string }
);

/**
 * Reads a recording row by row: CSV with the header `time,bid,ask` (further columns are ignored), gzip or plain. Rows that
 * cannot be used come with what is wrong with them.
 * @throws Error when the file cannot be read or its header is another one
 */
export async function* readReplayRows(file: string, signal: AbortSignal): AsyncGenerator<ReplayRow, void, void> {
  let columns: { time: number; bid: number; ask: number } | undefined;
  for await (const { row, line, fields } of readCsvRows(file, signal)) {
    columns ??= columnsOf(fields, file);
    if (row > 0) yield { row, line, ...readRow(fields[columns.time], fields[columns.bid], fields[columns.ask]) };
  }
  if (!columns) throw new Error(`${file} is empty: the header time,bid,ask is expected`);
}

function columnsOf(header: string[], file: string): { time: number; bid: number; ask: number } {
  const columns = { time: header.indexOf('time'), bid: header.indexOf('bid'), ask: header.indexOf('ask') };
  if (Object.values(columns).includes(-1)) throw new Error(`${file}: the header must name time, bid and ask`);
  return columns;
}

function readRow(text = '', bid = '', ask = '') {
  const time = instantOfText(text);
  if (time === undefined) return { problem: 'UNREADABLE_TIME' };
  const problem = problemOfPrices({ bid, ask });
  return problem ? { problem } : { bid, ask, time };
}
