import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { aTick } from '#shared/testing/builders.ts';
import { movedAtOf, type UnsequencedTick } from '#shared/ticks/tick.ts';
import { createHistoryRepository } from '../history/history-repository.ts';
import { createTickHistoryRepository, type TickHistoryRepository } from '../history/tick-history-repository.ts';
import { createTickPartitions } from '../history/tick-partitions.ts';
import { createTickCheckpointRepository } from '../ingestion/tick-checkpoint-repository.ts';
import { createMarketDataBed, type MarketDataBed } from './market-data-processes.ts';
import { writeTicks } from './write-ticks.ts';

const symbol = 'XAU-USD';
const dayMs = 86_400_000;
const today = Date.parse('2026-06-10T12:00:00Z');

let bed: MarketDataBed;
let history: TickHistoryRepository;
beforeAll(async () => {
  bed = await createMarketDataBed();
  history = createTickHistoryRepository(bed.prisma);
});
beforeEach(async () => {
  await bed.prisma.$executeRawUnsafe('TRUNCATE tick, candle, tick_checkpoint');
});
afterAll(() => bed.close());

const partitions = async () => {
  const rows = await bed.prisma.$queryRawUnsafe<{ name: string }[]>(
    `SELECT inhrelid::regclass::text AS name FROM pg_inherits WHERE inhparent = 'tick'::regclass ORDER BY 1`,
  );
  return rows.map(({ name }) => name);
};
const write = (ticks: UnsequencedTick[]) => writeTicks(bed.prisma, ticks, { clock: () => today });
/** Minutes from now on by the source's clock, days of arrival from today back. */
const arriving = (minutes: number, daysAgo = 0, more: Partial<UnsequencedTick> = {}) =>
  aTick({ time: today + minutes * 60_000, receivedAt: today - daysAgo * dayMs, ...more });

describe('the history of ticks', () => {
  test('gives a tick back as it was published, with everything that it said', async () => {
    const text = fc.constantFrom('4084', '4084.00', '0.10', '123456789012.1234567', '1286.4080');
    const time = fc.integer({ min: Date.parse('1970-01-01T00:00:00Z'), max: Date.parse('2100-01-01T00:00:00.999Z') });
    const optional = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
    const source = fc
      .record({
        name: fc.constantFrom('swissquote', 'binance-paxg'),
        symbol: optional(fc.constantFrom('USD-EUR')),
        bid: text,
        ask: text,
        time,
        basisBps: optional(fc.constantFrom('-12.3400')),
      })
      .map(withoutUndefined);
    const tick = fc
      .record({
        bid: text,
        ask: text,
        time,
        movedAfter: optional(fc.integer({ min: 1, max: 1_000_000 })),
        quality: fc.constantFrom('GOOD' as const, 'STALE' as const),
        sources: fc.array(source, { maxLength: 3 }),
        breaker: optional(
          fc
            .record({
              state: fc.constant('HALTED' as const),
              reason: fc.constantFrom('2 % in a minute', 'only "one" source – «wait»'),
              until: fc.option(time, { nil: null }),
            })
            .map(withoutUndefined),
        ),
        feedPosition: optional(fc.constantFrom('4711')),
      })
      .map(({ movedAfter, ...values }) =>
        withoutUndefined({
          ...aTick({ ...values, receivedAt: today }),
          movedAt: movedAfter && values.time + movedAfter,
        }),
      );
    await fc.assert(
      fc.asyncProperty(fc.array(tick, { minLength: 1, maxLength: 5 }), async (ticks) => {
        const written = await write(ticks);
        const [first] = written;
        expect(await history.after(symbol, first!.sequence - 1, 10)).toStrictEqual(written);
        expect(await history.at(symbol, first!.sequence)).toStrictEqual(first);
      }),
      { numRuns: 30, endOnFailure: true },
    );
  });

  test('is read in the order of the sequences, across the days of arrival, in pieces', async () => {
    const written = await write(Array.from({ length: 9 }, (_each, index) => arriving(index, [0, 2, 1][index % 3])));
    expect(await history.after(symbol, 0, 4)).toEqual(written.slice(0, 4));
    expect(await history.after(symbol, 4, 100)).toEqual(written.slice(4));
    expect(await history.after(symbol, 9, 100)).toEqual([]);
    expect(await history.at(symbol, 10)).toBeUndefined();
    expect(await history.oldestSequence(symbol)).toBe(1);
    expect(await history.writtenSequence(symbol)).toBe(9);
    for (const known of ['oldestSequence', 'lastMid'] as const) expect(await history[known]('XAG-USD')).toBeUndefined();
    expect(await history.writtenSequence('XAG-USD')).toBe(0);
  });

  test('knows the last tick that had moved by an instant, whenever it arrived', async () => {
    const ticks = fc.array(
      fc
        .tuple(fc.integer({ min: 0, max: 20 }), fc.integer({ min: 0, max: 2 }))
        .map(([minutes, days]) =>
          minutes % 2 ? arriving(minutes, days) : arriving(minutes - 600, days, { movedAt: today + minutes * 60_000 }),
        ),
      { minLength: 1, maxLength: 20 },
    );
    await fc.assert(
      fc.asyncProperty(ticks, fc.integer({ min: -1, max: 21 }), async (some, minutes) => {
        await bed.prisma.$executeRawUnsafe('TRUNCATE tick, candle, tick_checkpoint');
        const written = await write(some);
        const at = today + minutes * 60_000;
        const expected = written
          .filter((tick) => movedAtOf(tick) <= at)
          .toSorted((a, b) => movedAtOf(a) - movedAtOf(b) || a.sequence - b.sequence)
          .at(-1);
        expect(await history.lastBefore(symbol, at)).toEqual(expected);
      }),
      { numRuns: 25, endOnFailure: true },
    );
  });

  test('looks into the index of each day and reads no table through', async () => {
    await write(Array.from({ length: 3_000 }, (_each, index) => arriving(index, index % 3)));
    await bed.prisma.$executeRawUnsafe('ANALYZE tick');
    const plan = await bed.prisma.$queryRawUnsafe<{ 'QUERY PLAN': string }[]>(
      `EXPLAIN SELECT * FROM tick WHERE symbol = '${symbol}' AND moved_at <= '2026-06-10T18:00:00Z'
       ORDER BY moved_at DESC, sequence DESC LIMIT 1`,
    );
    const lines = plan.map((row) => row['QUERY PLAN']).join('\n');
    expect(lines).toContain('Merge Append');
    expect(lines).not.toMatch(/Seq Scan|Sort\s+\(/);
  });

  test('takes ticks only where it ends, so that none comes into it twice', async () => {
    const written = await write([arriving(0), arriving(1)]);
    const partitionsOfToday = createTickPartitions({ database: bed.prisma, keepDays: 30, clock: () => today });
    const repository = createHistoryRepository({ database: bed.prisma, partitions: partitionsOfToday });
    const candles = await bed.prisma.candle.findMany();
    for (const from of [0, 1, 3]) {
      const ticks = written.map((tick) => ({ ...tick, sequence: tick.sequence + from, receivedAt: today + 1 }));
      expect(await repository.write([{ symbol, from, ticks }])).toEqual(new Set());
    }
    expect(await history.after(symbol, 0, 10)).toEqual(written);
    expect(await bed.prisma.candle.findMany()).toEqual(candles);
  });

  test('says where prices were published last: at the last tick, or the last minute when no tick is kept', async () => {
    await write([arriving(0, 0, { bid: '10', ask: '11' }), arriving(-5, 0, { bid: '20', ask: '20.5' })]);
    expect(await history.lastMid(symbol)).toBe('20.25');
    await bed.prisma.$executeRawUnsafe('TRUNCATE tick');
    expect(await history.lastMid(symbol)).toBe('10.5');
    await bed.prisma.candle.updateMany({ data: { isImported: true } });
    expect(await history.lastMid(symbol)).toBeUndefined();
  });
});

describe('the days of ticks', () => {
  const daysFrom = (now: number, keepDays = 3) =>
    createTickPartitions({ database: bed.prisma, keepDays, clock: () => now });

  test('are there for today and tomorrow, and go when they are too old', async () => {
    for (const name of await partitions()) await bed.prisma.$executeRawUnsafe(`DROP TABLE "${name}"`);
    await daysFrom(today).tidy();
    expect(await partitions()).toEqual(['tick_2026_06_10', 'tick_2026_06_11']);
    expect(await daysFrom(today + 3 * dayMs).tidy()).toEqual([]);
    expect(await daysFrom(today + 4 * dayMs).tidy()).toEqual(['tick_2026_06_10']);
    expect(await partitions()).toEqual(['tick_2026_06_11', 'tick_2026_06_13', 'tick_2026_06_14', 'tick_2026_06_15']);
  });

  test('are made for ticks of whatever day, but not of one that is no longer kept: such ticks are only in candles', async () => {
    const written = await write([arriving(-1, 31), arriving(0, 30), arriving(1, 0)]);
    expect(await history.after(symbol, 0, 10)).toEqual(written.slice(1));
    expect(await partitions()).toContain('tick_2026_05_11');
    expect(await partitions()).not.toContain('tick_2026_05_10');
    expect(await bed.prisma.candle.count({ where: { symbol, basis: 'MID', interval: 'MINUTE_1' } })).toBe(3);
  });

  test('are made once when several workers find them missing, while ticks are written', async () => {
    const nextYear = Array.from({ length: 5 }, (_each, index) => today + (365 + index) * dayMs);
    await Promise.all([...Array.from({ length: 6 }, () => daysFrom(today).prepare(nextYear)), write([arriving(0)])]);
    expect((await partitions()).filter((name) => name.startsWith('tick_2027'))).toHaveLength(5);
    expect(await history.writtenSequence(symbol)).toBe(1);
  });

  test('that another worker has dropped are made again by the next attempt to write', async () => {
    const repository = createHistoryRepository({ database: bed.prisma, partitions: daysFrom(today) });
    await createTickCheckpointRepository(bed.prisma).open([symbol]);
    const batch = (sequence: number) => ({ symbol, from: sequence - 1, ticks: [{ ...arriving(sequence), sequence }] });
    await repository.write([batch(1)]);
    await bed.prisma.$executeRawUnsafe('DROP TABLE tick_2026_06_10');
    await expect(repository.write([batch(2)])).rejects.toThrow('no partition');
    expect(await repository.write([batch(2)])).toEqual(new Set([symbol]));
    expect(await history.oldestSequence(symbol)).toBe(2);
  });

  test('that somebody reads are dropped the next time', async () => {
    await daysFrom(today).prepare([today]);
    const later = daysFrom(today + 10 * dayMs);
    await bed.prisma.$transaction(async (reader) => {
      await reader.$queryRawUnsafe('SELECT count(*) FROM tick_2026_06_10');
      await expect(later.tidy()).rejects.toThrow('lock timeout');
    });
    expect(await later.tidy()).toContain('tick_2026_06_10');
  });
});

function withoutUndefined<T extends object>(values: T): T {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as T;
}
