import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createLogger } from '#shared/logger.ts';
import { aTick } from '#shared/testing/builders.ts';
import { eventually } from '#shared/testing/eventually.ts';
import { createTestRedis, type TestRedis } from '#shared/testing/test-redis.ts';
import { createTickWriter, NotLeadingError } from '#shared/ticks/tick-writer.ts';
import { createLeadership, type Leadership } from '../ingestion/leadership.ts';

const logger = createLogger({ service: 'test', level: 'silent' });
const leaseMs = 2_000;
let redis: TestRedis;
let elections = 0;
beforeAll(() => {
  redis = createTestRedis();
});
afterAll(() => redis.close());

/** Candidates for one lease, and who of them leads. */
function candidates(count: number, lead: (index: number) => Promise<void> = async () => {}) {
  const key = `${redis.prefix}:leader:${(elections += 1)}`;
  const leading = new Set<number>();
  const all = Array.from({ length: count }, (_each, index) =>
    createLeadership({
      redis: redis.redis,
      lease: { key, holder: `candidate-${index}` },
      leaseMs,
      logger,
      async lead() {
        await lead(index);
        leading.add(index);
        return { stop: async () => void leading.delete(index) };
      },
    }),
  );
  return { key, all, leading };
}
const stopAll = (all: Leadership[]) => Promise.all(all.map((each) => each.stop()));
const only = (leading: Set<number>) => {
  expect(leading.size).toBe(1);
  return [...leading][0]!;
};

describe('leadership', () => {
  test('is of one, and goes to another at once when that one stops', async () => {
    const { key, all, leading } = candidates(3);
    await Promise.all(all.map((each) => each.start()));
    const first = only(leading);
    expect(all.filter((each) => each.isLeading())).toHaveLength(1);
    await all[first]!.stop();
    expect(leading.has(first)).toBe(false);
    expect(await redis.redis.get(key)).not.toBe(`candidate-${first}`);
    await eventually(async () => expect(leading.size).toBe(1));
    expect(only(leading)).not.toBe(first);
    await stopAll(all);
    expect(leading.size).toBe(0);
  });

  test('stays with one however often Redis forgets everything', async () => {
    const { key, all, leading } = candidates(3);
    await Promise.all(all.map((each) => each.start()));
    for (let times = 0; times < 5; times += 1) {
      await redis.redis.del(key);
      await eventually(async () => {
        const holder = await redis.redis.get(key);
        expect(holder).toBe(`candidate-${only(leading)}`);
      });
    }
    await stopAll(all);
  });

  test('ends with the term when another one holds the lease', async () => {
    const { key, all, leading } = candidates(1);
    await all[0]!.start();
    expect(only(leading)).toBe(0);
    await redis.redis.set(key, 'somebody else', 'PX', 2 * leaseMs);
    await eventually(async () => expect(leading.size).toBe(0));
    expect(all[0]!.isLeading()).toBe(false);
    await eventually(async () => expect(leading.size).toBe(1));
    await stopAll(all);
  });

  test('goes to another when a term cannot begin, and the first attempt says why', async () => {
    const isBroken = [true, false];
    const { all, leading } = candidates(2, async (index) => {
      if (isBroken[index]) throw new Error('the file is not there');
    });
    await expect(all[0]!.start()).rejects.toThrow('the file is not there');
    await all[1]!.start();
    await eventually(async () => expect(leading.size).toBe(1));
    expect(only(leading)).toBe(1);
    await stopAll(all);
  });

  test('is asked for with every write: a writer that was paused writes nothing into the time of the next', async () => {
    const key = `${redis.prefix}:leader:writers`;
    const symbol = 'FENCED';
    const writerOf = (holder: string) => createTickWriter({ ...redis, keep: 100, lease: { key, holder }, logger });
    const [paused, next] = [writerOf('paused'), writerOf('next')];
    await redis.redis.set(key, 'paused');
    await paused.open(symbol, { ceiling: 0, atLeast: 0 });
    await paused.publish([aTick({ symbol, bid: '1', ask: '2' })]);
    await redis.redis.set(key, 'next');
    await next.open(symbol, { ceiling: 0, atLeast: 0 });
    await expect(paused.publish([aTick({ symbol, bid: '3', ask: '4' })])).rejects.toThrow(NotLeadingError);
    const [tick] = await next.publish([aTick({ symbol, bid: '5', ask: '6' })]);
    expect(tick!.sequence).toBe(2);
    expect(await redis.redis.xlen(`${redis.prefix}:ticks:${symbol}`)).toBe(2);
  });
});
