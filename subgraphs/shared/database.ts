import { PrismaPg } from '@prisma/adapter-pg';
import { createDatabasePool } from './database-pool.ts';
import type { ReadinessCheck } from './health.ts';

/**
 * What a service's Prisma client is made with. A statement that waits longer than ten seconds for a connection or runs
 * longer than thirty is ended, so that a stuck database never holds requests for ever; in a request that has a deadline,
 * when that passes. Transactions wait as long, and may take twenty: where many change the same at once, a rush is a
 * queue, not a failure.
 */
export function databaseOptions(options: { url: string; poolSize: number }) {
  const pool = createDatabasePool({
    connectionString: options.url,
    max: options.poolSize,
    connectionTimeoutMillis: 10_000,
    idleTimeoutMillis: 60_000,
    statement_timeout: 30_000,
    // Compiling a plan takes longer than running any statement here: it made candles forty times slower.
    options: '-c jit=off',
  });
  return {
    adapter: new PrismaPg(pool, { disposeExternalPool: true }),
    transactionOptions: { maxWait: 10_000, timeout: 20_000 },
  };
}

/** What a repository needs to run SQL: a Prisma client, or the transaction that it hands out. */
export type SqlClient = {
  $queryRawUnsafe<T = unknown>(sql: string, ...values: unknown[]): Promise<T>;
  $executeRawUnsafe(sql: string, ...values: unknown[]): Promise<number>;
};

/** What opens transactions: a Prisma client. */
export type TransactionalClient<Transaction extends SqlClient> = SqlClient & {
  $transaction<T>(
    work: (transaction: Transaction) => Promise<T>,
    options?: { timeout?: number; maxWait?: number },
  ): Promise<T>;
};

/** The readiness check that PostgreSQL answers. */
export function databaseCheck(database: SqlClient): ReadinessCheck {
  return async () => {
    await database.$queryRawUnsafe('SELECT 1');
  };
}
