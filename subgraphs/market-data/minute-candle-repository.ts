import type { SqlClient } from '#shared/database.ts';
import type { MinuteCandle } from './domain/minute-candles.ts';

/** Candles move a symbol's checkpoint from one sequence to another: they hold exactly the ticks in between. */
export type CheckpointMove = { symbol: string; from: number; to: number };

export type MinuteCandleRepository = {
  /**
   * Adds candles and moves their symbols' checkpoints, both or neither. A symbol whose checkpoint is not where its move
   * begins is left out: its ticks are in already, or belong to another writer.
   * @returns the symbols that were written
   */
  write(moves: CheckpointMove[], candles: MinuteCandle[]): Promise<Set<string>>;
  /** The close of the newest candle of a symbol, a decimal as text. */
  lastClose(symbol: string): Promise<string | undefined>;
};

/** One statement, hence one transaction. Prices beyond 8 decimals cannot occur: quotes have at most 7. */
const writeSql = `
WITH moved AS (
  UPDATE tick_checkpoint SET candle_sequence = move.to_sequence::bigint
  FROM unnest($1::text[], $2::text[], $3::text[]) AS move (symbol, from_sequence, to_sequence)
  WHERE tick_checkpoint.symbol = move.symbol AND candle_sequence = move.from_sequence::bigint
  RETURNING tick_checkpoint.symbol
), written AS (
  INSERT INTO minute_candle AS kept (symbol, open_time, open, high, low, close, tick_count)
  SELECT symbol, open_time::timestamptz, open::numeric, high::numeric, low::numeric, close::numeric, tick_count::int
  FROM unnest($4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[])
    AS added (symbol, open_time, open, high, low, close, tick_count)
  WHERE symbol IN (SELECT symbol FROM moved)
  ON CONFLICT (symbol, open_time) DO UPDATE SET
    high = GREATEST(kept.high, EXCLUDED.high),
    low = LEAST(kept.low, EXCLUDED.low),
    close = EXCLUDED.close,
    tick_count = kept.tick_count + EXCLUDED.tick_count
)
SELECT symbol FROM moved`;

export function createMinuteCandleRepository(sql: SqlClient): MinuteCandleRepository {
  return {
    async write(moves, candles) {
      const rows = await sql.$queryRawUnsafe<{ symbol: string }[]>(
        writeSql,
        moves.map(({ symbol }) => symbol),
        moves.map(({ from }) => String(from)),
        moves.map(({ to }) => String(to)),
        candles.map(({ symbol }) => symbol),
        candles.map(({ openTime }) => new Date(openTime).toISOString()),
        ...(['open', 'high', 'low', 'close'] as const).map((name) => candles.map((candle) => candle[name].toFixed())),
        candles.map(({ tickCount }) => String(tickCount)),
      );
      return new Set(rows.map(({ symbol }) => symbol));
    },
    async lastClose(symbol) {
      const rows = await sql.$queryRawUnsafe<{ close: string }[]>(
        'SELECT trim_scale(close)::text AS close FROM minute_candle WHERE symbol = $1 ORDER BY open_time DESC LIMIT 1',
        symbol,
      );
      return rows[0]?.close;
    },
  };
}
