import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { parse } from 'csv-parse';
import { badInput } from '#shared/errors.ts';

/** A row of a file: `row` counts from 1 behind the header, `line` is its line; `fields` as they are written, without quotes. */
export type CsvRow = { row: number; line: number; fields: string[] };

/** Characters of a line at most: what is longer is no history, and would have to be held in memory. */
const longestLine = 64 * 1024;

/**
 * Reads a CSV file row by row, never as a whole, plain or gzip; the header is row 0. Empty lines are no rows. Quotation marks around a field are taken off, and
 * do not join fields: one that is never closed would swallow every row behind it.
 * @throws DomainError BAD_USER_INPUT when it cannot be read
 */
export async function* readCsvRows(file: string, signal: AbortSignal): AsyncGenerator<CsvRow, void, void> {
  const parser = parse({
    info: true,
    bom: true,
    quote: false,
    trim: true,
    relax_column_count: true,
    skip_empty_lines: true,
    max_record_size: longestLine,
  });
  const unpacked = Readable.from(readUnpacked(file, signal), { objectMode: false });
  unpacked.on('error', (error) => parser.destroy(error));
  unpacked.pipe(parser);
  let row = 0;
  try {
    for await (const { record, info } of parser as AsyncIterable<{ record: string[]; info: { lines: number } }>) {
      yield { row, line: info.lines, fields: record.map(withoutQuotes) };
      row += 1;
    }
  } catch (error) {
    throw inWords(error, file, signal);
  } finally {
    unpacked.destroy();
    parser.destroy();
  }
}

/**
 * The bytes of a file that is plain or gzip, which its first two bytes tell.
 * @throws DomainError BAD_USER_INPUT when it cannot be read
 */
export async function* readUnpacked(file: string, signal: AbortSignal): AsyncGenerator<Buffer, void, void> {
  try {
    const isPacked = await isGzip(file);
    const source = createReadStream(file, { signal, highWaterMark: 256 * 1024 });
    const unpacked = isPacked ? source.pipe(createGunzip()) : source;
    if (isPacked) source.on('error', (error) => unpacked.destroy(error));
    try {
      yield* unpacked as AsyncIterable<Buffer>;
    } finally {
      source.destroy();
      unpacked.destroy();
    }
  } catch (error) {
    throw inWords(error, file, signal);
  }
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

function withoutQuotes(field: string): string {
  return field.length > 1 && field.startsWith('"') && field.endsWith('"') ? field.slice(1, -1).trim() : field;
}

/** What the file system, zlib or the parser says, as a refusal of the file. */
function inWords(error: unknown, file: string, signal: AbortSignal): unknown {
  const { name, code, message } = error as NodeJS.ErrnoException;
  if (signal.aborted || code === undefined || name === 'DomainError') return error;
  return badInput(code === 'ENOENT' ? `There is no file ${file}.` : `${file} cannot be read: ${message}.`);
}
