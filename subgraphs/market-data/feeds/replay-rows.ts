import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { createGunzip } from 'node:zlib';
import { parse } from 'csv-parse';
import { problemOfPrices } from '../domain/validate-quote.ts';

/** One row of a recording. Prices are the file's own text; `time` is epoch milliseconds, `row` counts from 1 behind the header. */
export type ReplayRow = { row: number; line: number } & (
  { bid: string; ask: string; time: number } | { problem: string }
);

const instantPattern = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})$/;

/**
 * Reads a recording row by row, never as a whole: CSV without quotes, with the header `time,bid,ask` (further columns are ignored),
 * gzip or plain, which its first two bytes tell. Rows that cannot be used come with what is wrong with them.
 * @throws Error when the file cannot be read or its header is another one
 */
export async function* readReplayRows(file: string, signal: AbortSignal): AsyncGenerator<ReplayRow, void, void> {
  const source = createReadStream(file, { signal, highWaterMark: 256 * 1024 });
  const parser = parse({ info: true, bom: true, quote: false, relax_column_count: true, trim: true });
  const unzipped = (await isGzip(file)) ? source.pipe(createGunzip()) : source;
  for (const stream of new Set([source, unzipped])) stream.on('error', (error: Error) => parser.destroy(error));
  unzipped.pipe(parser);
  let columns: { time: number; bid: number; ask: number } | undefined;
  let row = 0;
  try {
    for await (const { record, info } of parser as AsyncIterable<{ record: string[]; info: { lines: number } }>) {
      if (!columns) {
        columns = columnsOf(record, file);
        continue;
      }
      row += 1;
      yield { row, line: info.lines, ...readRow(record[columns.time], record[columns.bid], record[columns.ask]) };
    }
  } finally {
    source.destroy();
    parser.destroy();
  }
  if (!columns) throw new Error(`${file} is empty: the header time,bid,ask is expected`);
}

function columnsOf(header: string[], file: string): { time: number; bid: number; ask: number } {
  const columns = { time: header.indexOf('time'), bid: header.indexOf('bid'), ask: header.indexOf('ask') };
  if (Object.values(columns).includes(-1)) throw new Error(`${file}: the header must name time, bid and ask`);
  return columns;
}

function readRow(time = '', bid = '', ask = '') {
  const instant = instantPattern.test(time) ? Date.parse(time) : Number.NaN;
  if (Number.isNaN(instant)) return { problem: 'UNREADABLE_TIME' };
  const problem = problemOfPrices({ bid, ask });
  return problem ? { problem } : { bid, ask, time: instant };
}

/** RFC 1952: a gzip member begins with 1f 8b. */
async function isGzip(path: string): Promise<boolean> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(2), 0, 2, 0);
    return bytesRead === 2 && buffer.readUInt16BE() === 0x1f8b;
  } finally {
    await file.close();
  }
}
