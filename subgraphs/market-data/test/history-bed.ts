import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { PrismaClient } from '#prisma/market-data/generated/client.ts';
import { seed } from '#prisma/market-data/seed.ts';
import { databaseOptions } from '#shared/database.ts';
import { createTestDatabase } from '#shared/testing/test-database.ts';
import { createCandleImportRepository } from '../history/candle-import-repository.ts';
import { importHistory, type ImportSummary } from '../history/import-history.ts';
import type { HistoryImport } from '../history/plan-import.ts';
import type { RowProblem } from '../history/row-problem.ts';
import { createInstrumentRepository } from '../instrument-repository.ts';
import { readSharedData } from './config.ts';
import { createRecordings } from './recordings.ts';

export type StoredCandle = {
  basis: string;
  interval: string;
  time: string;
  prices: string;
  ticks: number;
  isImported: boolean;
};

/** A seeded database and files for imports into it. */
export type HistoryBed = Awaited<ReturnType<typeof createHistoryBed>>;

export async function createHistoryBed() {
  const database = await createTestDatabase('market-data');
  await seed(database.url);
  const prisma = new PrismaClient(databaseOptions({ url: database.url, poolSize: 4 }));
  const recordings = await createRecordings();
  return {
    database,
    prisma,
    /** Writes a file of these lines. @returns its path */
    write: (name: string, lines: readonly string[], options?: { gzip: boolean }) =>
      recordings.write(name, `${lines.join('\n')}\n`, options),
    async importFile(
      file: string,
      { chunkRows, ...order }: Partial<HistoryImport> & { chunkRows?: number } = {},
    ): Promise<{ summary: ImportSummary; problems: string[] }> {
      const problems: RowProblem[] = [];
      const summary = await importHistory(
        { symbol: 'XAU-USD', file, ...order },
        {
          instruments: createInstrumentRepository(prisma),
          repository: createCandleImportRepository(prisma),
          events: { onPlan: () => {}, onProgress: () => {}, onProblem: (problem) => problems.push(problem) },
          signal: new AbortController().signal,
          chunkRows,
        },
      );
      return { summary, problems: problems.map(({ line, code }) => `${line} ${code}`) };
    },
    /** The stored candles, oldest first: prices are open, high, low and close without zeros at their ends. */
    async candles(where: { symbol?: string; basis?: string; interval?: string } = {}): Promise<StoredCandle[]> {
      const { symbol = 'XAU-USD', basis, interval } = where;
      return prisma.$queryRawUnsafe<StoredCandle[]>(
        `SELECT basis::text, interval::text, to_char(open_time AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI"Z"') AS time,
           concat_ws(' ', trim_scale(open), trim_scale(high), trim_scale(low), trim_scale(close)) AS prices,
           tick_count AS ticks, is_imported AS "isImported"
         FROM candle
         WHERE symbol = $1 AND basis::text = COALESCE($2, basis::text) AND interval::text = COALESCE($3, interval::text)
         ORDER BY interval, basis, open_time`,
        symbol,
        basis ?? null,
        interval ?? null,
      );
    },
    async close() {
      await recordings.remove();
      await prisma.$disconnect();
      await database.drop();
    },
  };
}

/** A file of real prices, which is no part of the repository: beside it, or where GOLD_SHARED_DATA says. */
export function findSharedData(name: string): string | undefined {
  const file = join(readSharedData() ?? resolve(import.meta.dirname, '../../../../shared/data'), name);
  return existsSync(file) ? file : undefined;
}
