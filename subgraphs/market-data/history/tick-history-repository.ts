import type { SqlClient } from '#shared/database.ts';
import type { TickHistory } from '#shared/ticks/tick-history.ts';
import { midOf, type Tick } from '#shared/ticks/tick.ts';

export type TickHistoryRepository = TickHistory & {
  /** Of the ticks that had moved by an instant (epoch milliseconds), the last to move. */
  lastBefore(symbol: string, at: number): Promise<Tick | undefined>;
  /** Up to which sequence a symbol's ticks are here. */
  writtenSequence(symbol: string): Promise<number>;
  /** The last mid price that was published of a symbol, as far as it has come into the history; a decimal as text. */
  lastMid(symbol: string): Promise<string | undefined>;
};

/** Reads the ticks that PostgreSQL keeps; each statement is a look into the index of every partition. */
export function createTickHistoryRepository(sql: SqlClient): TickHistoryRepository {
  const ticks = async (rest: string, ...values: unknown[]): Promise<Tick[]> => {
    const rows = await sql.$queryRawUnsafe<TickRow[]>(
      `SELECT ${columns} FROM tick WHERE symbol = $1 ${rest}`,
      ...values,
    );
    return rows.map(tickOfRow);
  };
  return {
    after: (symbol, sequence, count) =>
      ticks('AND sequence > $2::bigint ORDER BY sequence LIMIT $3::int', symbol, sequence, count),
    at: async (symbol, sequence) => (await ticks('AND sequence = $2::bigint', symbol, sequence))[0],
    oldestSequence: async (symbol) => (await ticks('ORDER BY sequence LIMIT 1', symbol))[0]?.sequence,
    lastBefore: async (symbol, at) => (await ticks(lastBeforeSql, symbol, String(at)))[0],
    async writtenSequence(symbol) {
      const rows = await sql.$queryRawUnsafe<{ written: bigint }[]>(
        'SELECT history_sequence AS written FROM tick_checkpoint WHERE symbol = $1',
        symbol,
      );
      return Number(rows[0]?.written ?? 0);
    },
    async lastMid(symbol) {
      const [tick] = await ticks('ORDER BY sequence DESC LIMIT 1', symbol);
      if (tick) return midOf(tick).toFixed();
      // Nothing for longer than ticks are kept. What was imported says nothing of where prices were published last.
      const rows = await sql.$queryRawUnsafe<{ close: string; isImported: boolean }[]>(lastCloseSql, symbol);
      return rows[0]?.isImported === false ? rows[0].close : undefined;
    },
  };
}

/** Times as epoch milliseconds, prices as they were written. */
type TickRow = {
  symbol: string;
  sequence: bigint;
  receivedAt: Date;
  time: Date;
  movedAt: Date;
  bid: string;
  ask: string;
  details: Pick<Tick, 'quality' | 'sources' | 'breaker' | 'feedPosition'>;
};

const columns = `symbol, sequence, received_at AS "receivedAt", time, moved_at AS "movedAt", bid::text AS bid, ask::text AS ask, details`;

const lastBeforeSql =
  'AND moved_at <= to_timestamp($2::text::float8 / 1000) ORDER BY moved_at DESC, sequence DESC LIMIT 1';

const lastCloseSql = `
SELECT trim_scale(close)::text AS close, is_imported AS "isImported" FROM candle
WHERE symbol = $1 AND basis = 'MID' AND interval = 'MINUTE_1' ORDER BY open_time DESC LIMIT 1`;

function tickOfRow({ sequence, receivedAt, time, movedAt, details, ...row }: TickRow): Tick {
  const [made, moved] = [time.getTime(), movedAt.getTime()];
  return {
    ...row,
    sequence: Number(sequence),
    time: made,
    ...(moved !== made && { movedAt: moved }),
    receivedAt: receivedAt.getTime(),
    ...details,
  };
}
