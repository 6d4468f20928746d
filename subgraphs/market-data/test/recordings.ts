import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';

export type RecordedRow = { time: string; bid: string; ask: string };

/** Files of recorded prices for one test file, removed at its end. */
export async function createRecordings() {
  const folder = await mkdtemp(join(tmpdir(), 'gold-recordings-'));
  return {
    async write(name: string, text: string, { gzip = false } = {}): Promise<string> {
      const file = join(folder, name);
      await writeFile(file, gzip ? gzipSync(text) : text);
      return file;
    },
    remove: () => rm(folder, { recursive: true }),
  };
}

/** A recording of `count` rows about 0.7 s apart, whose prices go up and down. */
export function makeRows(count: number): RecordedRow[] {
  const start = Date.parse('2026-11-18T10:00:00Z');
  return Array.from({ length: count }, (_row, index) => {
    const mid = 4084.3 + 20 * Math.sin(index / 50) + (index % 7) / 10;
    return {
      time: new Date(start + index * 700 + (index % 5) * 11).toISOString(),
      bid: (mid - 0.31).toFixed(3),
      ask: (mid + 0.3).toFixed(3),
    };
  });
}

export function toCsv(rows: RecordedRow[]): string {
  return ['time,bid,ask', ...rows.map(({ time, bid, ask }) => `${time},${bid},${ask}`), ''].join('\n');
}

/** The recording of real ticks, which is no part of the repository: beside it, or where GOLD_SHARED_DATA says. */
export function findRealTicks(shared: string | undefined): string | undefined {
  const file = join(shared ?? resolve(import.meta.dirname, '../../../../shared/data'), 'xauusd-ticks.csv.gz');
  return existsSync(file) ? file : undefined;
}
