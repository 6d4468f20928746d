import { once } from 'node:events';
import { connect, createServer, type AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { createDatabasePool } from './database-pool.ts';
import { createDeadline, withDeadline } from './deadline.ts';
import { openEventDatabase, type EventDatabase } from './testing/event-databases.ts';
import { eventually } from './testing/eventually.ts';
import { createTestDatabase } from './testing/test-database.ts';

describe('a request whose deadline passes', () => {
  let bed: EventDatabase;
  let database: EventDatabase['database'];
  beforeAll(async () => {
    bed = await openEventDatabase('order');
    database = bed.database;
    await database.$executeRawUnsafe('CREATE TABLE tally (id int PRIMARY KEY, value int)');
  });
  afterAll(() => bed.close());
  beforeEach(async () => {
    await database.$executeRawUnsafe('TRUNCATE tally');
  });

  /** What this database's connections are doing, beside asking this. */
  const connections = () =>
    database.$queryRawUnsafe<{ pid: number; state: string; query: string }[]>(
      `SELECT pid, state, query FROM pg_stat_activity
       WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()`,
    );
  const untilNothingRuns = () =>
    eventually(async () => {
      for (const { state, query } of await connections()) expect([state, query]).toEqual(['idle', query]);
    });
  const tally = async () => (await database.$queryRawUnsafe<unknown[]>('SELECT * FROM tally')).length;

  const within = async <T>(timeoutMs: number, work: () => Promise<T>) => {
    const deadline = createDeadline(timeoutMs);
    try {
      // Prisma begins when it is awaited.
      return await withDeadline(deadline, async () => await work());
    } finally {
      deadline.end();
    }
  };
  const sleep = () => database.$queryRawUnsafe('SELECT pg_sleep(20)::text');
  const tooLate = { code: 'DEADLINE_EXCEEDED' };

  test('fails, and its statement is cancelled in PostgreSQL', async () => {
    const begun = performance.now();
    await expect(within(100, sleep)).rejects.toMatchObject(tooLate);
    expect(performance.now() - begun).toBeLessThan(10_000);
    await untilNothingRuns();
  });

  test('leaves nothing of its transaction behind', async () => {
    const transaction = () =>
      database.$transaction(async (each) => {
        await each.$executeRawUnsafe('INSERT INTO tally VALUES (1, 1)');
        await each.$queryRawUnsafe('SELECT pg_sleep(20)::text');
      });
    await expect(within(100, transaction)).rejects.toMatchObject(tooLate);
    await untilNothingRuns();
    expect(await tally()).toBe(0);
  });

  test('does not commit what it has done while it was thinking', async () => {
    const gate = Promise.withResolvers<void>();
    const deadline = createDeadline(50);
    const transaction = withDeadline(deadline, async () =>
      database.$transaction(async (each) => {
        await each.$executeRawUnsafe('INSERT INTO tally VALUES (1, 1)');
        await gate.promise;
      }),
    );
    deadline.onPassed(gate.resolve);
    await expect(transaction).rejects.toMatchObject(tooLate);
    await untilNothingRuns();
    expect(await tally()).toBe(0);
  });

  test('begins nothing more', async () => {
    await expect(within(0, () => database.$queryRawUnsafe('SELECT 1'))).rejects.toMatchObject(tooLate);
    await expect(within(0, () => database.$transaction(async () => 1))).rejects.toMatchObject(tooLate);
  });

  test('waits no longer for a connection, and does not keep one when it gets its turn', async () => {
    const holders = Array.from({ length: 4 }, () => within(4_000, sleep).catch((error: unknown) => error));
    const begun = performance.now();
    await expect(within(100, () => database.$queryRawUnsafe('SELECT 1'))).rejects.toMatchObject(tooLate);
    expect(performance.now() - begun).toBeLessThan(3_000);
    expect(await Promise.all(holders)).toMatchObject([tooLate, tooLate, tooLate, tooLate]);
    expect(await Promise.all(Array.from({ length: 4 }, () => tally()))).toEqual([0, 0, 0, 0]);
  });

  test('costs the others nothing: connections stay as many as they were, and answer', async () => {
    for (let round = 0; round < 10; round++) {
      const asked = Array.from({ length: 4 }, (_, at) => (at % 2 ? within(30, sleep) : within(5_000, tally)));
      const outcomes = await Promise.allSettled(asked);
      expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'rejected']);
    }
    await untilNothingRuns();
    expect((await connections()).length).toBeLessThan(4);
  });

  test('does not end the statements of a request without one', async () => {
    const patient = database.$queryRawUnsafe('SELECT pg_sleep(0.4)::text');
    await Promise.allSettled([within(50, sleep), within(50, sleep)]);
    expect(await patient).toHaveLength(1);
  });
});

test('an answer in time is as it always was, and its connection is used again', async () => {
  const { database, close } = await openEventDatabase('order');
  const pidOf = () => database.$queryRawUnsafe<{ pid: number }[]>('SELECT pg_backend_pid() AS pid');
  const deadline = createDeadline(5_000);
  const first = await withDeadline(deadline, async () => pidOf());
  const inTransaction = await withDeadline(deadline, async () =>
    database.$transaction((each) => each.$queryRawUnsafe<{ pid: number }[]>('SELECT pg_backend_pid() AS pid')),
  );
  deadline.end();
  expect([inTransaction, await pidOf()]).toEqual([first, first]);
  await close();
});

test('a cancellation that overtakes its statement is said again', async () => {
  const { url, drop } = await createTestDatabase('order');
  const { hostname, port } = new URL(url);
  const slowWay = createServer((client) => {
    const server = connect(Number(port), hostname);
    server.on('error', () => client.destroy()).pipe(client.on('error', () => server.destroy()));
    client.on('data', (bytes) => setTimeout(() => server.write(bytes), bytes.includes('pg_sleep') ? 100 : 0));
    client.on('close', () => setTimeout(() => server.end(), 100));
  }).listen(0, '127.0.0.1');
  await once(slowWay, 'listening');
  const slowUrl = new URL(url);
  slowUrl.host = `127.0.0.1:${(slowWay.address() as AddressInfo).port}`;
  const pool = createDatabasePool({ connectionString: slowUrl.href });
  const direct = createDatabasePool({ connectionString: url });
  try {
    await pool.query('SELECT 1');
    const deadline = createDeadline(20);
    const asked = withDeadline(deadline, () => pool.query('SELECT pg_sleep(20)'));
    await expect(asked).rejects.toMatchObject({ code: 'DEADLINE_EXCEEDED' });
    deadline.end();
    await eventually(async () => {
      const { rows } = await direct.query(
        `SELECT query FROM pg_stat_activity
         WHERE datname = current_database() AND state = 'active' AND pid <> pg_backend_pid()`,
      );
      expect(rows).toEqual([]);
    });
  } finally {
    await Promise.all([pool.end(), direct.end()]);
    slowWay.close();
    await drop();
  }
});
