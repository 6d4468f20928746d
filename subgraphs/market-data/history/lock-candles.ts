import type { SqlClient } from '#shared/database.ts';

/**
 * Makes whoever else changes candles of these symbols wait until the transaction has ended: live ticks and imports look
 * at what is there before they write. In the order of the symbols, so that two of them never wait for each other.
 */
export async function lockCandles(transaction: SqlClient, symbols: readonly string[]): Promise<void> {
  await transaction.$executeRawUnsafe(
    `SELECT pg_advisory_xact_lock(hashtext('candle'), hashtext(symbol)) FROM unnest($1::text[]) AS symbol`,
    symbols.toSorted(),
  );
}
