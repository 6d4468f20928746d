import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import fc from 'fast-check';
import { createEventQueue } from './event-queue.ts';

beforeEach(() => void jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] }));
afterEach(() => void jest.useRealTimers());
/** Milliseconds go by. */
const pass = (milliseconds: number) => jest.advanceTimersByTime(milliseconds);

type Event = { name: string; key?: string };

/** A queue whose work is done when the test says so. */
function aQueue(options: { isConflatable: boolean; limit?: number }) {
  const work = new Map<string, () => void>();
  const handedOn: string[] = [];
  const conflated: string[] = [];
  let overflows = 0;
  const { isConflatable, limit = 1_000 } = options;
  const queue = createEventQueue<Event, { result: string }>({
    isConflatable,
    limit,
    patienceMs: 100,
    work: ({ name }) => new Promise((resolve) => void work.set(name, () => resolve({ result: `${name}!` }))),
    handOn: ({ result }) => handedOn.push(result),
    onConflated: ({ name }) => conflated.push(name),
    onOverflow: () => (overflows += 1),
  });
  return {
    queue,
    handedOn,
    conflated,
    overflows: () => overflows,
    /** What is worked on or has been. */
    begun: () => [...work.keys()],
    add(...names: string[]) {
      // The first letter of a name is its key.
      for (const name of names) queue.add({ name, key: name[0]! });
    },
    async done(...names: string[]) {
      for (const name of names) work.get(name)!();
      // The queue hears of it behind what is resolved already.
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}
const whatever = fc.constantFrom(true, false);

describe('order', () => {
  test('results are handed on in the order of their events', async () => {
    const { add, done, handedOn } = aQueue({ isConflatable: false });
    add('a1', 'b2', 'a3');
    await done('a3', 'b2');
    expect(handedOn).toEqual([]);
    await done('a1');
    expect(handedOn).toEqual(['a1!', 'b2!', 'a3!']);
  });

  test('where newer ones replace older ones, each key has an order of its own', async () => {
    const { add, done, handedOn } = aQueue({ isConflatable: true });
    add('a1', 'b2', 'a3');
    await done('a3', 'b2');
    expect(handedOn).toEqual(['b2!']);
    await done('a1');
    expect(handedOn).toEqual(['b2!', 'a1!', 'a3!']);
  });

  test('in whatever order the work is done, nothing is lost or turned round where every event counts', async () => {
    const numbers = fc.array(fc.nat({ max: 99 }), { minLength: 1, maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(numbers, whatever, async (turns, areTogether) => {
        const { add, done, handedOn, begun, overflows } = aQueue({ isConflatable: false });
        const names = turns.map((_, index) => `${'ab'[index % 2]}${index}`);
        if (areTogether) add(...names);
        const finished = new Set<string>();
        for (const [index, turn] of turns.entries()) {
          if (!areTogether) add(names[index]!);
          const open = begun().filter((name) => !finished.has(name));
          const next = open[turn % open.length]!;
          finished.add(next);
          await done(next);
        }
        expect(handedOn).toEqual(names.slice(0, handedOn.length).map((name) => `${name}!`));
        expect([finished.size, overflows()]).toEqual([turns.length, 0]);
        expect(handedOn).toHaveLength(turns.length);
      }),
      { numRuns: 50 },
    );
  });
});

describe('slow work', () => {
  test('is given up when a newer event of its key has waited long enough', async () => {
    const { add, done, handedOn, conflated } = aQueue({ isConflatable: true });
    add('a1', 'a2', 'a3');
    await done('a3');
    pass(99);
    expect(handedOn).toEqual([]);
    pass(2);
    expect(handedOn).toEqual(['a3!']);
    expect(conflated.toSorted()).toEqual(['a1', 'a2']);
    await done('a1', 'a2');
    expect(handedOn).toEqual(['a3!']);
  });

  test('of other keys is waited for', async () => {
    const { add, done, handedOn, conflated } = aQueue({ isConflatable: true });
    add('b1', 'a2', 'a3');
    await done('a3');
    pass(500);
    expect([handedOn, conflated]).toEqual([['a3!'], ['a2']]);
    await done('b1');
    expect(handedOn).toEqual(['a3!', 'b1!']);
  });

  test('is waited for until what waits for it has waited long enough, whatever waits elsewhere', async () => {
    const { add, done, handedOn, conflated } = aQueue({ isConflatable: true });
    add('a1', 'a2');
    await done('a2');
    pass(60);
    add('b1', 'b2');
    await done('b2');
    pass(60);
    expect([handedOn, conflated]).toEqual([['a2!'], ['a1']]);
    pass(60);
    expect([handedOn, conflated]).toEqual([
      ['a2!', 'b2!'],
      ['a1', 'b1'],
    ]);
  });

  test('is waited for where every event counts', async () => {
    const { add, done, handedOn } = aQueue({ isConflatable: false });
    add('a1', 'a2');
    await done('a2');
    pass(10_000);
    expect(handedOn).toEqual([]);
  });
});

describe('more events than are worked on at once', () => {
  test('of each key the newest waits, the others are left out', async () => {
    const { add, done, begun, conflated, handedOn } = aQueue({ isConflatable: true });
    add('a1', 'a2', 'a3', 'a4', 'a5', 'b6', 'a7', 'b8', 'a9');
    expect(begun()).toEqual(['a1', 'a2', 'a3', 'a4']);
    expect(conflated).toEqual(['a5', 'b6', 'a7']);
    await done('a1', 'a2', 'a3', 'a4');
    await done('b8', 'a9');
    expect(handedOn).toEqual(['a1!', 'a2!', 'a3!', 'a4!', 'b8!', 'a9!']);
  });

  test('are all kept where every event counts, up to a limit', async () => {
    const { add, done, conflated, overflows } = aQueue({ isConflatable: false, limit: 6 });
    add('a1', 'a2', 'a3', 'a4', 'a5', 'a6');
    expect(overflows()).toBe(0);
    add('a7');
    expect([overflows(), conflated.length]).toEqual([1, 0]);
    await done('a1');
  });

  test('are too many also when they are done and wait for the first', async () => {
    const { add, done, overflows } = aQueue({ isConflatable: false, limit: 6 });
    add('a1', 'a2', 'a3', 'a4', 'a5', 'a6');
    for (const name of ['a2', 'a3', 'a4', 'a5', 'a6']) await done(name);
    expect(overflows()).toBe(0);
    add('a7');
    expect(overflows()).toBe(1);
  });
});

describe('the end', () => {
  test('it is idle when all has been handed on or left out', async () => {
    const { queue, add, done, handedOn } = aQueue({ isConflatable: true });
    await queue.idle();
    add('a1', 'a2', 'a3', 'a4', 'a5');
    const handedOnWhenIdle = queue.idle().then(() => [...handedOn]);
    await done('a2', 'a3', 'a4');
    await done('a5');
    // The first is never done: it is given up.
    pass(101);
    expect(await handedOnWhenIdle).toEqual(['a2!', 'a3!', 'a4!', 'a5!']);
    await queue.idle();
    add('b1');
    let isIdle = false;
    void queue.idle().then(() => (isIdle = true));
    await done();
    expect(isIdle).toBe(false);
  });

  test('nothing is worked on or handed on once it is closed', async () => {
    const { queue, add, done, begun, handedOn, conflated } = aQueue({ isConflatable: true });
    add('a1', 'a2', 'a3', 'a4', 'a5');
    await done('a2');
    queue.close();
    await queue.idle();
    await done('a1', 'a3');
    add('a6');
    pass(101);
    expect([begun().length, handedOn, conflated]).toEqual([5, [], []]);
  });
});
