import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { buildSubgraphSchema } from '@apollo/subgraph';
import { parse } from 'graphql';
import { acceptTimeout, timeoutHeader } from './deadline.ts';
import { createLogger } from './logger.ts';
import { createMetrics } from './metrics.ts';
import type { RequestContext } from './request-context.ts';
import { createSubgraphServer } from './subgraph-server.ts';
import { openEventDatabase, type EventDatabase } from './testing/event-databases.ts';
import { eventually } from './testing/eventually.ts';
import { createGraphqlClient, type GraphqlClient } from './testing/graphql-client.ts';

test.each([
  ['250', 250],
  ['0', 0],
  ['99999999999', 600_000],
  ['12.5', undefined],
  ['-1', undefined],
  ['1e3', undefined],
  ['soon', undefined],
  ['', undefined],
  [undefined, undefined],
  [['1', '2'], undefined],
])('a timeout of %j is read as %j milliseconds', (given, expected) => {
  expect(acceptTimeout(given)).toBe(expected);
});

const typeDefs = parse(`
  type Query { quick: Int slow(seconds: Float!): Int stuck: Int }
  type Mutation { count(seconds: Float!): Int }
`);

describe('a subgraph that is told how long its asker waits', () => {
  let bed: EventDatabase;
  let client: GraphqlClient;
  let stop: () => Promise<void>;
  beforeAll(async () => {
    bed = await openEventDatabase('order');
    const { database } = bed;
    await database.$executeRawUnsafe('CREATE TABLE tally (value int)');
    const sleep = 'SELECT pg_sleep($1)::text';
    const resolvers = {
      Query: {
        quick: () => 1,
        slow: async (_: unknown, { seconds }: { seconds: number }) =>
          (await database.$queryRawUnsafe<unknown[]>(sleep, seconds)).length,
        stuck: () => wait(8_000, 1, { ref: false }),
      },
      Mutation: {
        count: (_: unknown, { seconds }: { seconds: number }) =>
          database.$transaction(async (transaction) => {
            await transaction.$executeRawUnsafe('INSERT INTO tally VALUES (1)');
            await transaction.$queryRawUnsafe(sleep, seconds);
            return 1;
          }),
      },
    };
    const server = createSubgraphServer<RequestContext>({
      schema: buildSubgraphSchema([{ typeDefs, resolvers }]),
      config: { HOST: '127.0.0.1', PORT: 0, AUTH_ISSUER: 'nobody' },
      logger: createLogger({ service: 'test', level: 'silent' }),
      metrics: createMetrics('test'),
      checks: {},
      createContext: (base) => base,
    });
    client = createGraphqlClient(`http://127.0.0.1:${await server.listen()}/graphql`);
    stop = server.close;
  });
  afterAll(async () => {
    await client.close();
    await stop();
    await bed.close();
  });

  const ask = async (document: string, timeoutMs?: number) => {
    const begun = performance.now();
    const answer = await client.request(document, {}, timeoutMs ? { [timeoutHeader]: String(timeoutMs) } : {});
    return { ...answer, tookMs: performance.now() - begun };
  };
  const late = { extensions: { code: 'DEADLINE_EXCEEDED', retryable: true } };
  const asleep = () =>
    bed.database.$queryRawUnsafe<unknown[]>(
      `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND state <> 'idle' AND query LIKE 'SELECT pg_sleep%'`,
    );
  const untilNobodySleeps = () => eventually(async () => expect(await asleep()).toEqual([]));

  test('answers in time what it has, and says what was cut off; the statement is gone from PostgreSQL', async () => {
    const { status, data, errors, tookMs } = await ask('{ quick slow(seconds: 20) }', 200);
    expect({ status, data, errors }).toMatchObject({
      status: 200,
      data: { quick: 1, slow: null },
      errors: [{ message: 'It was not done in time', path: ['slow'], ...late }],
    });
    expect(tookMs).toBeLessThan(10_000);
    await untilNobodySleeps();
  });

  test('takes back the mutation that was not done in time, and does the next one', async () => {
    expect((await ask('mutation { count(seconds: 20) }', 200)).errors).toMatchObject([late]);
    await untilNobodySleeps();
    expect(await bed.database.$queryRawUnsafe('SELECT * FROM tally')).toEqual([]);
    expect((await ask('mutation { count(seconds: 0) }', 5_000)).data).toEqual({ count: 1 });
    expect(await bed.database.$queryRawUnsafe('SELECT * FROM tally')).toHaveLength(1);
  });

  test('is answered with 504 while something goes on that cannot be ended', async () => {
    const { status, errors, tookMs } = await ask('{ stuck }', 50);
    expect({ status, errors }).toMatchObject({ status: 504, errors: [late] });
    expect(tookMs).toBeLessThan(5_000);
  });

  test('works without hurry when it is told nothing', async () => {
    expect((await ask('{ slow(seconds: 0.2) }')).data).toEqual({ slow: 1 });
  });
});
