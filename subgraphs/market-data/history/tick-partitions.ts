import type { SqlClient, TransactionalClient } from '#shared/database.ts';

/** The table of ticks has a partition for each day (UTC) on which ticks have arrived. */
export type TickPartitions = {
  /**
   * Makes the partitions in which ticks of these arrival times belong, epoch milliseconds, where they are missing.
   * @returns since when ticks are kept: for those that have arrived before there is no partition
   */
  prepare(receivedAt: Iterable<number>): Promise<number>;
  /** Makes the partitions of today and tomorrow, and drops those that are too old. @returns the names of the dropped ones */
  tidy(): Promise<string[]>;
  /** Forgets which partitions are there: another worker may have dropped one that this one has made. */
  forget(): void;
};

const dayMs = 86_400_000;
/** How long dropping waits for those who are reading, in milliseconds; readers and writers behind it wait as long. */
const dropPatienceMs = 1_000;
const namePattern = /^tick_(\d{4})_(\d{2})_(\d{2})$/;

/** @param options.keepDays whole days that ticks are kept beside the running one */
export function createTickPartitions(options: {
  database: TransactionalClient<SqlClient>;
  keepDays: number;
  clock: () => number;
}): TickPartitions {
  const { database, keepDays, clock } = options;
  const made = new Set<number>();
  const keptSince = () => dayOf(clock()) - keepDays * dayMs;

  async function make(days: number[]): Promise<void> {
    await database.$transaction(async (transaction) => {
      await lockPartitions(transaction);
      const existing = new Set(await partitionNames(transaction));
      for (const day of days.filter((each) => !existing.has(nameOf(each)))) await makePartition(transaction, day);
    });
    for (const day of days) made.add(day);
  }

  return {
    async prepare(receivedAt) {
      const since = keptSince();
      const days = new Set<number>();
      for (const time of receivedAt) days.add(dayOf(time));
      const missing = [...days].filter((day) => day >= since && !made.has(day));
      if (missing.length > 0) await make(missing);
      return since;
    },
    async tidy() {
      const today = dayOf(clock());
      await make([today, today + dayMs]);
      const names = (await partitionNames(database)).filter((name) => dayOfName(name) < keptSince());
      for (const name of names) await drop(database, name);
      return names;
    },
    forget: () => made.clear(),
  };
}

/**
 * A table of its own first and then attached, because creating it as a partition would stop everyone who reads or writes
 * ticks: attaching only keeps away others who change partitions.
 */
async function makePartition(transaction: SqlClient, day: number): Promise<void> {
  const name = nameOf(day);
  const [from, to] = [day, day + dayMs].map((time) => new Date(time).toISOString());
  await transaction.$executeRawUnsafe(`CREATE TABLE "${name}" (LIKE tick)`);
  await transaction.$executeRawUnsafe(
    `ALTER TABLE tick ATTACH PARTITION "${name}" FOR VALUES FROM ('${from}') TO ('${to}')`,
  );
}

/**
 * Dropping stops readers and writers for the moment that it takes, and gives up where it would have to wait for longer;
 * the next turn tries again. Detaching it concurrently would stop nobody, but a process that is killed meanwhile leaves
 * a partition behind that is neither in nor out, and that somebody has to finish.
 */
async function drop(database: TransactionalClient<SqlClient>, name: string): Promise<void> {
  await database.$transaction(async (transaction) => {
    await lockPartitions(transaction);
    await transaction.$executeRawUnsafe(`SET LOCAL lock_timeout = ${dropPatienceMs}`);
    await transaction.$executeRawUnsafe(`DROP TABLE IF EXISTS "${name}"`);
  });
}

/** One at a time: two workers that find the same day missing would both make it. */
async function lockPartitions(transaction: SqlClient): Promise<void> {
  await transaction.$executeRawUnsafe(`SELECT pg_advisory_xact_lock(hashtext('tick partitions'), 0)`);
}

async function partitionNames(sql: SqlClient): Promise<string[]> {
  const rows = await sql.$queryRawUnsafe<{ name: string }[]>(
    `SELECT relname::text AS name FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid WHERE inhparent = 'tick'::regclass`,
  );
  return rows.map(({ name }) => name);
}

function dayOf(time: number): number {
  return Math.floor(time / dayMs) * dayMs;
}

function nameOf(day: number): string {
  return `tick_${new Date(day).toISOString().slice(0, 10).replaceAll('-', '_')}`;
}

/** Partitions that somebody has named otherwise are nobody's business here. */
function dayOfName(name: string): number {
  const match = namePattern.exec(name);
  return match ? Date.parse(`${match[1]}-${match[2]}-${match[3]}T00:00:00Z`) : Number.POSITIVE_INFINITY;
}
