import type { SqlClient } from '#shared/database.ts';

/** Where the writing of a symbol's ticks and candles stands. */
export type TickCheckpoint = { sequenceCeiling: number; historySequence: number };

export type TickCheckpointRepository = {
  /** The checkpoints of symbols, made where there were none. */
  open(symbols: readonly string[]): Promise<Map<string, TickCheckpoint>>;
  /** Raises a ceiling; it is never lowered by this, whoever else raises it. */
  raiseCeiling(symbol: string, ceiling: number): Promise<void>;
  /** Lowers a ceiling from one value to another; nothing happens where another process has moved it. */
  lowerCeiling(symbol: string, from: number, to: number): Promise<void>;
};

export function createTickCheckpointRepository(sql: SqlClient): TickCheckpointRepository {
  return {
    async open(symbols) {
      await sql.$executeRawUnsafe(
        'INSERT INTO tick_checkpoint (symbol) SELECT unnest($1::text[]) ON CONFLICT DO NOTHING',
        symbols,
      );
      const rows = await sql.$queryRawUnsafe<{ symbol: string; ceiling: bigint; history: bigint }[]>(
        'SELECT symbol, sequence_ceiling AS ceiling, history_sequence AS history FROM tick_checkpoint WHERE symbol = ANY($1::text[])',
        symbols,
      );
      return new Map(
        rows.map((row) => [row.symbol, { sequenceCeiling: Number(row.ceiling), historySequence: Number(row.history) }]),
      );
    },
    async raiseCeiling(symbol, ceiling) {
      await sql.$executeRawUnsafe(
        'UPDATE tick_checkpoint SET sequence_ceiling = GREATEST(sequence_ceiling, $2::bigint) WHERE symbol = $1',
        symbol,
        ceiling,
      );
    },
    async lowerCeiling(symbol, from, to) {
      await sql.$executeRawUnsafe(
        'UPDATE tick_checkpoint SET sequence_ceiling = $3::bigint WHERE symbol = $1 AND sequence_ceiling = $2::bigint',
        symbol,
        from,
        to,
      );
    },
  };
}
