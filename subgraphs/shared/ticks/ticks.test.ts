import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createLogger } from '../logger.ts';
import { aTick } from '../testing/builders.ts';
import { createTestRedis, type TestRedis } from '../testing/test-redis.ts';
import { createTickFollower, type TickFollower } from './tick-follower.ts';
import { createTickReader } from './tick-reader.ts';
import { createTickWriter, type TickWriter } from './tick-writer.ts';
import type { Tick } from './tick.ts';

const logger = createLogger({ service: 'test', level: 'silent' });
let redis: TestRedis;
let follower: TickFollower;
let symbolCount = 0;

beforeAll(() => {
  redis = createTestRedis();
  follower = createTickFollower({ ...redis, memory: 50, logger });
});
afterAll(async () => {
  await follower.close();
  await redis.close();
});

const fresh = { ceiling: 0, atLeast: 0 };
const writerOf = (keep = 1000) => createTickWriter({ ...redis, keep, logger });
const newSymbol = () => `TEST-${(symbolCount += 1)}`;
const publish = (writer: TickWriter, symbol: string, count: number) =>
  writer.publish(
    Array.from({ length: count }, (_, index) =>
      aTick({ symbol, bid: String(4000 + index), ask: String(4001 + index) }),
    ),
  );
const sequences = (ticks: Tick[]) => ticks.map(({ sequence }) => sequence);
const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index);

async function take(ticks: AsyncGenerator<Tick>, count: number): Promise<Tick[]> {
  const taken: Tick[] = [];
  while (taken.length < count) taken.push((await ticks.next()).value as Tick);
  return taken;
}

describe('the writer of ticks', () => {
  test('numbers the ticks of each symbol from 1 without gaps', async () => {
    const [writer, gold, silver] = [writerOf(), newSymbol(), newSymbol()];
    await writer.open(gold, fresh);
    await writer.open(silver, fresh);
    const published = await writer.publish([
      aTick({ symbol: gold }),
      aTick({ symbol: silver }),
      aTick({ symbol: gold }),
    ]);
    expect(published.map(({ symbol, sequence }) => [symbol, sequence])).toEqual([
      [gold, 1],
      [gold, 2],
      [silver, 1],
    ]);
  });

  test('continues where the stream ends, or behind the floor when there is no stream', async () => {
    const symbol = newSymbol();
    const first = writerOf();
    await first.open(symbol, { ceiling: 100, atLeast: 0 });
    await publish(first, symbol, 2);
    const second = writerOf();
    expect((await second.open(symbol, { ceiling: 5000, atLeast: 102 }))?.sequence).toBe(102);
    expect(sequences(await publish(second, symbol, 1))).toEqual([103]);
  });

  test('continues behind the ceiling when the stream has lost its end', async () => {
    const symbol = newSymbol();
    const first = writerOf();
    await first.open(symbol, fresh);
    await publish(first, symbol, 5);
    const second = writerOf();
    expect((await second.open(symbol, { ceiling: 5000, atLeast: 6 }))?.sequence).toBe(5);
    expect(sequences(await publish(second, symbol, 2))).toEqual([5001, 5002]);
    expect(sequences(await createTickReader(redis).newest(symbol, 3))).toEqual([5, 5001, 5002]);
  });

  test('gives a stream that came back as it was some time ago the end that it has lost', async () => {
    const symbol = newSymbol();
    const writer = writerOf();
    await writer.open(symbol, fresh);
    await publish(writer, symbol, 20);
    const key = `${redis.prefix}:ticks:${symbol}`;
    const entries = await redis.redis.xrange(key, '-', '+', 'COUNT', 10);
    await redis.redis.del(key);
    for (const [id, fields] of entries) await redis.redis.xadd(key, id, ...fields);
    await publish(writer, symbol, 1);
    expect(sequences(await createTickReader(redis).newest(symbol, 100))).toEqual(range(1, 21));
  });

  test('never shares a sequence with another writer', async () => {
    const symbol = newSymbol();
    const [one, two] = [writerOf(), writerOf()];
    await one.open(symbol, fresh);
    await two.open(symbol, fresh);
    const published = await Promise.all(range(1, 20).map((turn) => publish(turn % 2 ? one : two, symbol, 3)));
    expect(sequences(published.flat()).toSorted((a, b) => a - b)).toEqual(range(1, 60));
    expect(sequences(await createTickReader(redis).newest(symbol, 1000))).toEqual(range(1, 60));
  });

  test('fills the stream again after Redis has lost it, and goes on', async () => {
    const [writer, symbol] = [writerOf(), newSymbol()];
    await writer.open(symbol, fresh);
    await publish(writer, symbol, 700);
    await redis.flush();
    await publish(writer, symbol, 1);
    expect(sequences(await createTickReader(redis).newest(symbol, 1000))).toEqual(range(1, 701));
    expect(await redis.redis.keys(`${redis.prefix}:*refill*`)).toEqual([]);
  });
});

describe('a follower of ticks', () => {
  test('gives the latest tick first and then each new one', async () => {
    const [writer, symbol] = [writerOf(), newSymbol()];
    await writer.open(symbol, fresh);
    await publish(writer, symbol, 3);
    const ticks = follower.ticks(symbol, { signal: new AbortController().signal });
    expect(sequences(await take(ticks, 1))).toEqual([3]);
    await publish(writer, symbol, 2);
    expect(sequences(await take(ticks, 2))).toEqual([4, 5]);
  });

  test('that begins before the first tick begins with it', async () => {
    const [writer, symbol] = [writerOf(), newSymbol()];
    await writer.open(symbol, fresh);
    const first = follower.ticks(symbol, { signal: new AbortController().signal }).next();
    await follower.follow(symbol);
    await publish(writer, symbol, 1);
    expect((await first).value).toMatchObject({ symbol, sequence: 1 });
  });

  test('resumes behind a sequence without gap or repeat, from memory and from further back', async () => {
    const [writer, symbol] = [writerOf(), newSymbol()];
    await writer.open(symbol, fresh);
    await publish(writer, symbol, 300);
    const ticks = follower.ticks(symbol, { after: 10, signal: new AbortController().signal });
    const replayed = await take(ticks, 290);
    await publish(writer, symbol, 10);
    expect(sequences([...replayed, ...(await take(ticks, 10))])).toEqual(range(11, 310));
  });

  test('loses nothing when Redis is flushed while it follows', async () => {
    const [writer, symbol] = [writerOf(), newSymbol()];
    await writer.open(symbol, fresh);
    await publish(writer, symbol, 1);
    const ticks = follower.ticks(symbol, { signal: new AbortController().signal });
    await take(ticks, 1);
    await redis.flush();
    await publish(writer, symbol, 3);
    expect(sequences(await take(ticks, 3))).toEqual([2, 3, 4]);
  });

  test('refuses to continue behind a sequence that is ahead, or no longer kept, and says what is there', async () => {
    const [writer, symbol] = [writerOf(10), newSymbol()];
    await writer.open(symbol, fresh);
    for (let batch = 0; batch < 30; batch += 1) await publish(writer, symbol, 20);
    const attempt = (after: number) => follower.ticks(symbol, { after, signal: new AbortController().signal }).next();
    await expect(attempt(601)).rejects.toMatchObject({ code: 'SEQUENCE_AHEAD', details: { latestSequence: '600' } });
    await expect(attempt(1)).rejects.toMatchObject({ code: 'SEQUENCE_TOO_OLD', details: { latestSequence: '600' } });
  });

  test('sends the latest tick at most once in the interval that was asked for', async () => {
    const [writer, symbol] = [writerOf(), newSymbol()];
    await writer.open(symbol, fresh);
    await publish(writer, symbol, 1);
    const ticks = follower.ticks(symbol, { minIntervalMs: 100, signal: new AbortController().signal });
    await take(ticks, 1);
    await publish(writer, symbol, 30);
    expect(sequences(await take(ticks, 1))).toEqual([31]);
  });

  test('ends at once when its signal aborts, also while nothing arrives', async () => {
    const [writer, symbol, controller] = [writerOf(), newSymbol(), new AbortController()];
    await writer.open(symbol, fresh);
    await publish(writer, symbol, 1);
    const ticks = follower.ticks(symbol, { signal: controller.signal });
    await take(ticks, 1);
    const waiting = ticks.next();
    controller.abort();
    expect(await waiting).toEqual({ done: true, value: undefined });
  });

  test('finds the tick that is named, waits for one that is about to come, and says when there is none', async () => {
    const [writer, symbol] = [writerOf(), newSymbol()];
    await writer.open(symbol, fresh);
    await publish(writer, symbol, 200);
    await follower.follow(symbol);
    expect((await follower.at({ symbol, sequence: 200 }, 0)).sequence).toBe(200);
    expect((await follower.at({ symbol, sequence: 3 }, 0)).sequence).toBe(3);
    const coming = follower.at({ symbol, sequence: 201 }, 5_000);
    await publish(writer, symbol, 1);
    expect((await coming).sequence).toBe(201);
    await expect(follower.at({ symbol, sequence: 999 }, 20)).rejects.toMatchObject({ code: 'TICK_UNAVAILABLE' });
  });
});
