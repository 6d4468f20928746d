import type { SqlClient } from '#shared/database.ts';

/** A kept tick: the instant that it belongs to in the history in epoch milliseconds, prices as they were written. */
export type ExportedTick = { movedAt: number; sequence: number; bid: string; ask: string };

export type TickExportRepository = {
  /**
   * Up to `count` kept ticks that moved in [from, to) (epoch milliseconds; a missing bound is open), in the order in which
   * they moved, and behind the tick `after` where one is given.
   */
  ticks(query: {
    symbol: string;
    from: number | undefined;
    to: number | undefined;
    after: Pick<ExportedTick, 'movedAt' | 'sequence'> | undefined;
    count: number;
  }): Promise<ExportedTick[]>;
};

export function createTickExportRepository(sql: SqlClient): TickExportRepository {
  const asText = (time: number | undefined, open: string) => (time === undefined ? open : new Date(time).toISOString());
  return {
    async ticks({ symbol, from, to, after, count }) {
      const rows = await sql.$queryRawUnsafe<{ movedAt: Date; sequence: bigint; bid: string; ask: string }[]>(
        ticksSql,
        symbol,
        asText(from, '-infinity'),
        asText(to, 'infinity'),
        asText(after?.movedAt, '-infinity'),
        String(after?.sequence ?? 0),
        count,
      );
      return rows.map((row) => ({ ...row, movedAt: row.movedAt.getTime(), sequence: Number(row.sequence) }));
    },
  };
}

const ticksSql = `
SELECT moved_at AS "movedAt", sequence, bid::text AS bid, ask::text AS ask
FROM tick
WHERE symbol = $1 AND moved_at >= $2::timestamptz AND moved_at < $3::timestamptz
  AND (moved_at, sequence) > ($4::timestamptz, $5::bigint)
ORDER BY moved_at, sequence LIMIT $6::int`;
