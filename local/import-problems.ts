import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';
import { rowProblems, type RowProblem } from '../subgraphs/market-data/history/row-problem.ts';

/** Where the rows go that an import cannot use. */
export type ImportProblems = {
  add(problem: RowProblem): void;
  /** Says in a line how many there were of each kind, and ends the file. */
  end(): Promise<string[]>;
};

/** Rows that are shown in full; later ones are only counted, unless they are written to a file. */
const shown = 20;

/**
 * Prints the first problems with their lines, counts all, and writes all of them to `file` where one is given, as CSV.
 * @throws Error when that file cannot be written
 */
export async function createImportProblems(options: {
  print: (line: string) => void;
  file: string | undefined;
}): Promise<ImportProblems> {
  const { print, file } = options;
  const output = file === undefined ? undefined : createWriteStream(file);
  if (output) await once(output, 'open');
  const counts = new Map<RowProblem['code'], number>();
  let total = 0;
  // An error comes out where the file is ended.
  const written = output && finished(output);
  written?.catch(() => undefined);
  output?.write('line,problem,row\n');
  return {
    add({ line, code, row }) {
      total += 1;
      counts.set(code, (counts.get(code) ?? 0) + 1);
      output?.write(`${line},${code},"${row.replaceAll('"', '""')}"\n`);
      if (total <= shown) print(`  line ${line} is skipped: ${rowProblems[code]}: ${row}`);
      if (total === shown + 1) print('  Further ones are only counted; --errors <file> writes all of them to a file.');
    },
    async end() {
      output?.end();
      await written;
      return [...counts].map(([code, count]) => `  ${count.toLocaleString('en')} skipped because ${rowProblems[code]}`);
    },
  };
}
