import type { SqlClient, TransactionalClient } from '#shared/database.ts';
import type { Tick, UnsequencedTick } from '#shared/ticks/tick.ts';
import { createHistoryRepository } from '../history/history-repository.ts';
import { createTickPartitions } from '../history/tick-partitions.ts';
import { createTickCheckpointRepository } from '../ingestion/tick-checkpoint-repository.ts';

/** Numbers ticks of one symbol on from its checkpoint and writes them into the history, past the stream. */
export async function writeTicks(
  database: TransactionalClient<SqlClient>,
  unsequenced: readonly UnsequencedTick[],
  { keepDays = 30, clock = Date.now } = {},
): Promise<Tick[]> {
  const { symbol } = unsequenced[0]!;
  const from = (await createTickCheckpointRepository(database).open([symbol])).get(symbol)!.historySequence;
  const ticks = unsequenced.map((tick, index) => ({ ...tick, sequence: from + index + 1 }));
  const partitions = createTickPartitions({ database, keepDays, clock });
  const written = await createHistoryRepository({ database, partitions }).write([{ symbol, from, ticks }]);
  if (!written.has(symbol)) throw new Error(`the checkpoint of ${symbol} has moved meanwhile`);
  return ticks;
}
