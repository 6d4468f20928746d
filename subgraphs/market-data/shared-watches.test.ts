import { describe, expect, test } from '@jest/globals';
import { createSharedWatches, type Publish } from './shared-watches.ts';

/** Watches of numbers, of which nothing is new that is the same number, and how each of them is told of and stopped. */
function createNumbers() {
  const publishers: Publish<number>[] = [];
  const stopped: string[] = [];
  let failure: Error | undefined;
  let current: number | undefined;
  const watches = createSharedWatches<number>({
    begin(key, publish) {
      publishers.push(publish);
      return {
        ready: failure ? Promise.reject(failure) : Promise.resolve(),
        current: () => current,
        stop: () => stopped.push(key),
      };
    },
    isSame: (one, other) => one === other,
  });
  const tell = (value: number, lasting = false) => {
    current = value;
    publishers.at(-1)!(value, { lasting });
  };
  return { watches, tell, stopped, begun: () => publishers.length, fail: (error?: Error) => (failure = error) };
}

async function take(watch: AsyncIterator<number>, count: number): Promise<number[]> {
  const taken: number[] = [];
  while (taken.length < count) taken.push((await watch.next()).value as number);
  return taken;
}

describe('what many watch', () => {
  test('begins with the first and ends with the last of them', async () => {
    const { watches, tell, stopped, begun } = createNumbers();
    const [one, other] = [watches.watch('a'), watches.watch('a')];
    const first = Promise.all([one.next(), other.next()]);
    tell(1);
    expect((await first).map(({ value }) => value)).toEqual([1, 1]);
    expect([begun(), watches.size()]).toEqual([1, 1]);
    const waiting = other.next();
    await one.return!();
    expect(stopped).toEqual([]);
    await other.return!();
    expect(await waiting).toEqual({ done: true, value: undefined });
    expect([stopped, watches.size()]).toEqual([['a'], 0]);
    tell(1);
    const again = watches.watch('a');
    expect(await take(again, 1)).toEqual([1]);
    expect(begun()).toBe(2);
    await again.return!();
  });

  test('is told to who is slow with everything that lasts and the latest of the rest', async () => {
    const { watches, tell } = createNumbers();
    const slow = watches.watch('a');
    const first = slow.next();
    tell(0);
    await first;
    tell(1);
    tell(2, true);
    tell(3);
    tell(4, true);
    tell(5);
    tell(6);
    expect(await take(slow, 3)).toEqual([2, 4, 6]);
    await slow.return!();
  });

  test('is not told twice', async () => {
    const { watches, tell } = createNumbers();
    const watch = watches.watch('a');
    const first = watch.next();
    tell(1);
    await first;
    tell(1);
    tell(1, true);
    tell(2);
    expect(await take(watch, 1)).toEqual([2]);
    await watch.return!();
  });

  test('holds no more for who is slow than a thousand of what lasts', async () => {
    const { watches, tell } = createNumbers();
    const slow = watches.watch('a');
    const first = slow.next();
    tell(0);
    await first;
    for (let value = 1; value <= 1_500; value += 1) tell(value, true);
    expect(await take(slow, 1)).toEqual([501]);
    await slow.return!();
  });

  test('and cannot begin tells everyone why, and is tried again by the next', async () => {
    const { watches, tell, fail } = createNumbers();
    fail(new Error('the database is away'));
    const both = [watches.watch('a').next(), watches.watch('a').next()];
    for (const refused of both) await expect(refused).rejects.toThrow('the database is away');
    fail(undefined);
    const later = watches.watch('a');
    const first = later.next();
    tell(7);
    expect((await first).value).toBe(7);
    await later.return!();
  });
});
