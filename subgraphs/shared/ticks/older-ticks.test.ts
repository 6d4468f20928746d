import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createLogger } from '../logger.ts';
import { aTick } from '../testing/builders.ts';
import { createTestRedis, type TestRedis } from '../testing/test-redis.ts';
import { encodeTick, entryId, tickStreamKey } from './tick-entry.ts';
import { createTickFollower, type TickFollower } from './tick-follower.ts';
import type { TickHistory } from './tick-history.ts';
import { createTickWriter } from './tick-writer.ts';
import type { Tick } from './tick.ts';

const logger = createLogger({ service: 'test', level: 'silent' });
const memory = 20;
/** What the history holds, by symbol; a symbol that is missing cannot be read. */
const kept = new Map<string, Tick[]>();
const read = async (symbol: string): Promise<Tick[]> => {
  const ticks = kept.get(symbol);
  if (!ticks) throw new Error('the database is away');
  return ticks;
};
const history: TickHistory = {
  after: async (symbol, sequence, count) =>
    (await read(symbol)).filter((tick) => tick.sequence > sequence).slice(0, count),
  at: async (symbol, sequence) => (await read(symbol)).find((tick) => tick.sequence === sequence),
  oldestSequence: async (symbol) => (await read(symbol))[0]?.sequence,
};

let redis: TestRedis;
let follower: TickFollower;
let symbolCount = 0;

beforeAll(() => {
  redis = createTestRedis();
  follower = createTickFollower({ ...redis, memory, history, logger });
});
afterAll(async () => {
  await follower.close();
  await redis.close();
});

const ticksOf = (symbol: string, sequences: number[]): Tick[] =>
  sequences.map((sequence) => ({ ...aTick({ symbol }), sequence }));
const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index);
const signal = new AbortController().signal;

/** A symbol with these sequences in its stream and those in the history. */
async function aSymbol(sequences: { inStream: number[]; inHistory?: number[] }): Promise<string> {
  const symbol = `OLD-${(symbolCount += 1)}`;
  const pipeline = redis.redis.pipeline();
  for (const tick of ticksOf(symbol, sequences.inStream)) {
    pipeline.xadd(tickStreamKey(redis.prefix, symbol), entryId(tick.sequence), 'tick', encodeTick(tick));
  }
  await pipeline.exec();
  if (sequences.inHistory) kept.set(symbol, ticksOf(symbol, sequences.inHistory));
  return symbol;
}

/** A writer that has taken up a symbol; its first sequence is the one behind the ceiling where the stream is gone. */
async function aWriter(symbol: string, { ceiling = 0, keep = 1_000 } = {}) {
  const writer = createTickWriter({ ...redis, keep, logger });
  await writer.open(symbol, { ceiling, atLeast: 0 });
  return (count: number) => writer.publish(ticksOf(symbol, range(1, count)));
}

async function take(ticks: AsyncGenerator<Tick>, count: number): Promise<number[]> {
  const taken: number[] = [];
  while (taken.length < count) taken.push(((await ticks.next()).value as Tick).sequence);
  return taken;
}

describe('ticks that the stream no longer keeps', () => {
  test('come from the history, then from the stream, then live, without gap or repeat', async () => {
    const symbol = await aSymbol({ inStream: range(1_400, 2_000), inHistory: range(1, 1_700) });
    const ticks = follower.ticks(symbol, { after: 3, signal });
    expect(await take(ticks, 1_997)).toEqual(range(4, 2_000));
    const publish = await aWriter(symbol);
    await publish(5);
    expect(await take(ticks, 5)).toEqual(range(2_001, 2_005));
  });

  test('are there while the stream is lost, and those of a new stream follow them', async () => {
    const symbol = await aSymbol({ inStream: [], inHistory: range(1, 100) });
    const ticks = follower.ticks(symbol, { after: 90, signal });
    expect(await take(ticks, 10)).toEqual(range(91, 100));
    const publish = await aWriter(symbol, { ceiling: 5_000 });
    await publish(2);
    expect(await take(ticks, 2)).toEqual([5_001, 5_002]);
  });

  test('are waited for while a stream that was lost is filled again', async () => {
    const symbol = await aSymbol({ inStream: [], inHistory: [] });
    const publish = await aWriter(symbol);
    await publish(100);
    await follower.follow(symbol);
    kept.set(symbol, ticksOf(symbol, range(1, 30)));
    await redis.flush();
    const ticks = follower.ticks(symbol, { after: 10, signal });
    expect(await take(ticks, 20)).toEqual(range(11, 30));
    const rest = take(ticks, 71);
    await publish(1);
    expect(await rest).toEqual(range(31, 101));
  });

  test('are all that can be continued from: older ones are refused with the oldest that is kept anywhere', async () => {
    const symbol = await aSymbol({ inStream: range(200, 300), inHistory: range(50, 250) });
    expect(await take(follower.ticks(symbol, { after: 49, signal }), 251)).toEqual(range(50, 300));
    const refused = { code: 'SEQUENCE_TOO_OLD', details: { oldestSequence: '50', latestSequence: '300' } };
    await expect(follower.ticks(symbol, { after: 48, signal }).next()).rejects.toMatchObject(refused);
    const latest = follower.ticks(symbol, { after: 48, minIntervalMs: 10, signal });
    expect(await take(latest, 1)).toEqual([300]);
  });

  test('cannot be read while the database is away: the refusal may be tried again, and nothing is left out', async () => {
    const symbol = await aSymbol({ inStream: range(200, 300) });
    const refused = { code: 'TICK_UNAVAILABLE', retryable: true };
    await expect(follower.ticks(symbol, { after: 10, signal }).next()).rejects.toMatchObject(refused);
    await expect(follower.ticks(symbol, { after: 301, signal }).next()).rejects.toMatchObject(refused);
    await expect(follower.at({ symbol, sequence: 10 }, 0)).rejects.toMatchObject(refused);
    expect(await take(follower.ticks(symbol, { after: 199, signal }), 101)).toEqual(range(200, 300));
    kept.set(symbol, ticksOf(symbol, range(1, 199)));
    expect(await take(follower.ticks(symbol, { after: 10, signal }), 290)).toEqual(range(11, 300));
    expect((await follower.at({ symbol, sequence: 10 }, 0)).sequence).toBe(10);
  });

  test('are found wherever they are, with numbers missing anywhere', async () => {
    const inputs = fc.record({
      numbers: fc.uniqueArray(fc.integer({ min: 1, max: 2_000 }), { minLength: 1, maxLength: 150 }),
      streamBegin: fc.nat(150),
      historyBegin: fc.nat(150),
      overlap: fc.nat(40),
      after: fc.nat(2_000),
    });
    await fc.assert(
      fc.asyncProperty(inputs, async ({ numbers, streamBegin, historyBegin, overlap, after }) => {
        const all = numbers.toSorted((one, other) => one - other);
        const begin = Math.min(streamBegin, all.length - 1);
        const inHistory = all.slice(Math.min(historyBegin, begin), begin + overlap);
        const symbol = await aSymbol({ inStream: all.slice(begin), inHistory });
        const oldest = inHistory[0] ?? all[begin]!;
        const expected = all.filter((sequence) => sequence > after);
        const ticks = follower.ticks(symbol, { after, signal });
        if (after > all.at(-1)!) await expect(ticks.next()).rejects.toMatchObject({ code: 'SEQUENCE_AHEAD' });
        else if (after + 1 < oldest) await expect(ticks.next()).rejects.toMatchObject({ code: 'SEQUENCE_TOO_OLD' });
        else expect(await take(ticks, expected.length)).toEqual(expected);
      }),
      { numRuns: 60, endOnFailure: true },
    );
  });
});

describe('a reader that pauses', () => {
  test('goes on where it stood, however far memory and the stream have moved on since', async () => {
    const symbol = await aSymbol({ inStream: [], inHistory: [] });
    const publish = await aWriter(symbol, { keep: 100 });
    await publish(10);
    const ticks = follower.ticks(symbol, { after: 0, signal });
    expect(await take(ticks, 3)).toEqual([1, 2, 3]);
    await publish(15);
    expect(await take(ticks, 2)).toEqual([4, 5]);
    for (let batch = 0; batch < 40; batch += 1) await publish(50);
    kept.set(symbol, ticksOf(symbol, range(1, 1_990)));
    await follower.at({ symbol, sequence: 2_025 }, 10_000);
    expect(await take(ticks, 2_020)).toEqual(range(6, 2_025));
  });
});

describe('the latest tick', () => {
  test('is given again when it is due, to those who have everything and to those who wait for their interval', async () => {
    const symbol = await aSymbol({ inStream: [], inHistory: [] });
    const publish = await aWriter(symbol);
    await publish(3);
    let isDue = false;
    const isDueOnce = () => {
      let given = 0;
      return (latest: Tick) => {
        const isNow = isDue && given !== latest.sequence;
        if (isNow) given = latest.sequence;
        return isNow;
      };
    };
    const live = follower.ticks(symbol, { signal, isDueAgain: isDueOnce() });
    const paced = follower.ticks(symbol, { signal, isDueAgain: isDueOnce(), minIntervalMs: 60_000 });
    expect([await take(live, 1), await take(paced, 1)]).toEqual([[3], [3]]);
    const later = [live.next(), paced.next()];
    await publish(1);
    expect((await later[0])!.value).toMatchObject({ sequence: 4 });
    const again = live.next();
    isDue = true;
    follower.remind(symbol);
    expect((await again).value).toMatchObject({ sequence: 4 });
    expect((await later[1])!.value).toMatchObject({ sequence: 4 });
    const resumed = follower.ticks(symbol, { signal, after: 4, isDueAgain: isDueOnce() });
    expect(await take(resumed, 1)).toEqual([4]);
    const next = [live.next(), resumed.next()];
    follower.remind(symbol);
    await publish(1);
    for (const { value } of await Promise.all(next)) expect(value).toMatchObject({ sequence: 5 });
  });
});
