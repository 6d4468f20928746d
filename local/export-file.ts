import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';

/**
 * Writes text to a file, packed where its name ends in .gz. It is written beside the file and then put in its place, so
 * that nobody ever finds half of it there.
 */
export async function writeFileAtOnce(pieces: AsyncIterable<string>, file: string, signal: AbortSignal): Promise<void> {
  const draft = `${file}.${process.pid}.part`;
  const target = createWriteStream(draft, { flush: true });
  try {
    if (file.endsWith('.gz')) await pipeline(pieces, createGzip(), target, { signal });
    else await pipeline(pieces, target, { signal });
    await rename(draft, file);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}

/** Writes text to stdout. A reader that has had enough, such as `head`, ends it. */
export async function writeToStdout(pieces: AsyncIterable<string>): Promise<void> {
  await pipeline(pieces, process.stdout, { end: false }).catch((error: unknown) => {
    if (!(error instanceof Error && 'code' in error && error.code === 'EPIPE')) throw error;
  });
}

/** The same pieces; `count` is told of the lines in each. */
export async function* countingLines(
  pieces: AsyncIterable<string>,
  count: (lines: number) => void,
): AsyncGenerator<string, void, void> {
  for await (const piece of pieces) {
    count(piece.split('\n').length - 1);
    yield piece;
  }
}
