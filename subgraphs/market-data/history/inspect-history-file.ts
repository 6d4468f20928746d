import { createHash } from 'node:crypto';
import { badInput } from '#shared/errors.ts';
import { readCsvRows, readUnpacked } from '../csv-rows.ts';

/** What a look at the whole file tells before anything is taken from it. */
export type HistoryFile = {
  header: string[];
  /** SHA-256 of what it says, unpacked, in hexadecimal. */
  hash: string;
  /** Lines behind the header, empty ones included. */
  lines: number;
};

/**
 * Reads a file once as a whole, so that a damaged one is refused before a row of it is taken.
 * @throws DomainError BAD_USER_INPUT when it cannot be read to its end, or has no header
 */
export async function inspectHistoryFile(file: string, signal: AbortSignal): Promise<HistoryFile> {
  const hash = createHash('sha256');
  let lines = 0;
  let isInLine = false;
  for await (const piece of readUnpacked(file, signal)) {
    hash.update(piece);
    for (let place = piece.indexOf(0x0a); place !== -1; place = piece.indexOf(0x0a, place + 1)) lines += 1;
    isInLine = piece.at(-1) !== 0x0a;
  }
  for await (const { fields } of readCsvRows(file, signal))
    return { header: fields, hash: hash.digest('hex'), lines: lines - (isInLine ? 0 : 1) };
  throw badInput(`${file} is empty.`);
}
