import type { SqlClient } from './database.ts';
import type { Logger } from './logger.ts';
import { repeat, type RepeatedJob } from './repeat.ts';

/**
 * Days that rows are kept which only protect against repeats, by table, the column that says how old a row is, and which
 * rows are meant. A quote on which nobody ordered is one of them: it could only have been asked for again.
 */
const kept = {
  outbox_message: { days: 7, age: 'acknowledged_at', which: 'true' },
  inbox_event: { days: 30, age: 'handled_at', which: 'true' },
  idempotency_key: { days: 30, age: 'created_at', which: 'true' },
  quote: { days: 90, age: 'expires_at', which: 'order_id IS NULL' },
} as const;

const everyMs = 3_600_000;
/** Rows that one statement removes, so that none of them holds locks for long. */
const batchSize = 5_000;

/** Removes, once an hour, what a service's tables need no longer. Any number may run. */
export function createHousekeeping(options: {
  database: SqlClient;
  tables: readonly (keyof typeof kept)[];
  logger: Logger;
}): RepeatedJob {
  const { database, tables, logger } = options;

  async function clean(table: keyof typeof kept, closing: AbortSignal): Promise<void> {
    const { days, age, which } = kept[table];
    let removed: number;
    do {
      removed = await database.$executeRawUnsafe(
        `DELETE FROM ${table} WHERE ctid = ANY(ARRAY(
           SELECT ctid FROM ${table} WHERE ${which} AND ${age} < now() - interval '${days} days' LIMIT ${batchSize}))`,
      );
      if (removed > 0) logger.info({ table, removed }, 'old rows removed');
    } while (removed === batchSize && !closing.aborted);
  }

  return repeat({
    name: 'housekeeping',
    everyMs,
    logger,
    async work(closing) {
      for (const table of tables) {
        await clean(table, closing).catch((err: unknown) =>
          logger.warn({ err, table }, 'old rows could not be removed'),
        );
      }
    },
  });
}
