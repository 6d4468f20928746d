import type { SqlClient, TransactionalClient } from '#shared/database.ts';
import { DomainError } from '#shared/errors.ts';
import type { CandleBasis } from '../domain/candles.ts';
import type { StoredInterval } from '../domain/stored-interval.ts';
import { addUpCandles } from './add-up-candles.ts';
import type { CandleRow } from './candle-repository.ts';
import { arrayOf, timeOf } from './sql-arrays.ts';
import { lockCandles } from './lock-candles.ts';

/** A candle of a file, or made of its ticks: decimals as text, times in epoch milliseconds. */
export type ImportedCandle = CandleRow & { basis: CandleBasis };

/** What a candle says. */
export type CandleValues = Pick<ImportedCandle, 'open' | 'high' | 'low' | 'close' | 'tickCount'>;

/** What is imported at which interval of which symbol. */
export type ImportTarget = { symbol: string; interval: StoredInterval };

/** Where an import stands; `startedAt` in epoch milliseconds. */
export type ImportProgress = { rowsDone: number; startedAt: number; isFinished: boolean };

export type CandleImportRepository = {
  /** Takes up an import where it was left, or begins it; `again` begins it anew. */
  open(id: string, file: string, again: boolean): Promise<ImportProgress>;
  /**
   * Writes what the rows of a file behind `from` up to `to` came to, works out the longer candles around it anew, and
   * notes how far the import is: all or nothing. Rows that ticks have made stay as they are.
   * @returns how many of `candles` were written; the others are there from ticks
   * @throws DomainError CONFLICT when the import is not at `from`, because it is running twice
   */
  write(
    chunk: ImportTarget & {
      id: string;
      from: number;
      to: number;
      candles: readonly ImportedCandle[];
      additions: readonly ImportedCandle[];
    },
  ): Promise<number>;
  finish(id: string): Promise<void>;
  /** Forgets that a file was imported, so that the next import takes it as a new one. */
  forget(id: string): Promise<void>;
  /** What the imported candles of a basis say that open at these instants, by their opening. */
  imported(
    target: ImportTarget & { basis: CandleBasis },
    openTimes: readonly number[],
  ): Promise<Map<number, CandleValues>>;
};

/** How long a chunk may take, waiting for its turn included, in milliseconds. */
const longestWriteMs = 60_000;

export function createCandleImportRepository(database: TransactionalClient<SqlClient>): CandleImportRepository {
  return {
    async open(id, file, again) {
      const [row] = await database.$queryRawUnsafe<{ rowsDone: bigint; startedAt: Date; finishedAt: Date | null }[]>(
        openSql,
        id,
        file,
        again,
      );
      const { rowsDone, startedAt, finishedAt } = row!;
      return { rowsDone: Number(rowsDone), startedAt: startedAt.getTime(), isFinished: finishedAt !== null };
    },
    write: ({ id, symbol, interval, from, to, candles, additions }) =>
      database.$transaction(
        async (transaction) => {
          await lockCandles(transaction, [symbol]);
          const moved = await transaction.$executeRawUnsafe(moveSql, id, from, to);
          if (moved === 0) throw new DomainError('CONFLICT', 'This very import is running elsewhere at the same time.');
          const written = await transaction.$executeRawUnsafe(
            writeSql('replace'),
            symbol,
            interval,
            ...columns(candles),
          );
          if (additions.length > 0)
            await transaction.$executeRawUnsafe(writeSql('add'), symbol, interval, ...columns(additions));
          await addUpCandles(transaction, { symbol, interval }, [...candles, ...additions]);
          return written;
        },
        { timeout: longestWriteMs, maxWait: longestWriteMs },
      ),
    async finish(id) {
      await database.$executeRawUnsafe('UPDATE history_import SET finished_at = now() WHERE id = $1', id);
    },
    async forget(id) {
      await database.$executeRawUnsafe('DELETE FROM history_import WHERE id = $1', id);
    },
    async imported({ symbol, interval, basis }, openTimes) {
      const rows = await database.$queryRawUnsafe<(CandleValues & { openTime: Date })[]>(
        importedSql,
        symbol,
        interval,
        basis,
        arrayOf(openTimes),
      );
      return new Map(rows.map(({ openTime, ...values }) => [openTime.getTime(), values]));
    },
  };
}

/** One array a column: a statement could not have a parameter for each value. */
function columns(candles: readonly ImportedCandle[]): string[] {
  const names = ['basis', 'openTime', 'open', 'high', 'low', 'close', 'tickCount', 'firstAt', 'lastAt'] as const;
  return names.map((name) => arrayOf(candles.map((candle) => candle[name])));
}

const openSql = `
INSERT INTO history_import AS known (id, file) VALUES ($1, $2)
ON CONFLICT (id) DO UPDATE SET file = EXCLUDED.file,
  rows_done = CASE WHEN $3 THEN 0 ELSE known.rows_done END,
  started_at = CASE WHEN $3 THEN EXCLUDED.started_at ELSE known.started_at END,
  finished_at = CASE WHEN $3 THEN NULL ELSE known.finished_at END
RETURNING rows_done AS "rowsDone", started_at AS "startedAt", finished_at AS "finishedAt"`;

const moveSql = 'UPDATE history_import SET rows_done = $3::bigint WHERE id = $1 AND rows_done = $2::bigint';

/** `add` merges by the rule of domain/candles.ts. */
function writeSql(how: 'replace' | 'add'): string {
  const set =
    how === 'replace'
      ? `open = EXCLUDED.open, high = EXCLUDED.high, low = EXCLUDED.low, close = EXCLUDED.close,
  tick_count = EXCLUDED.tick_count, first_at = EXCLUDED.first_at, last_at = EXCLUDED.last_at`
      : `open = CASE WHEN EXCLUDED.first_at < kept.first_at THEN EXCLUDED.open ELSE kept.open END,
  high = GREATEST(kept.high, EXCLUDED.high), low = LEAST(kept.low, EXCLUDED.low),
  close = CASE WHEN EXCLUDED.last_at >= kept.last_at THEN EXCLUDED.close ELSE kept.close END,
  tick_count = LEAST(kept.tick_count::bigint + EXCLUDED.tick_count, 2147483647)::int,
  first_at = LEAST(kept.first_at, EXCLUDED.first_at), last_at = GREATEST(kept.last_at, EXCLUDED.last_at)`;
  return `
INSERT INTO candle AS kept (symbol, basis, interval, open_time, open, high, low, close, tick_count, first_at, last_at, is_imported)
SELECT $1, basis, $2::stored_interval, ${timeOf('open_time')}, open, high, low, close, tick_count, ${timeOf('first_at')},
  ${timeOf('last_at')}, true
FROM unnest($3::candle_basis[], $4::bigint[], $5::numeric[], $6::numeric[], $7::numeric[], $8::numeric[], $9::int[],
  $10::bigint[], $11::bigint[]) AS added (basis, open_time, open, high, low, close, tick_count, first_at, last_at)
ON CONFLICT (symbol, basis, interval, open_time) DO UPDATE SET ${set}
WHERE kept.is_imported`;
}

const importedSql = `
SELECT open_time AS "openTime", trim_scale(open)::text AS open, trim_scale(high)::text AS high,
  trim_scale(low)::text AS low, trim_scale(close)::text AS close, tick_count AS "tickCount"
FROM candle
WHERE symbol = $1 AND interval = $2::stored_interval AND basis = $3::candle_basis
  AND open_time IN (SELECT ${timeOf('opening.at')} FROM unnest($4::bigint[]) AS opening (at)) AND is_imported`;
