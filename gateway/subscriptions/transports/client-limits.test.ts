import { describe, expect, test } from '@jest/globals';
import { createClientLimits } from './client-limits.ts';

function limitsAt(start = 0, operationsPerConnection = 3) {
  const clock = { now: start };
  const limits = createClientLimits({
    connectionsPerClient: 2,
    operationsPerConnection,
    operationsPerSecond: 10,
    now: () => clock.now,
  });
  return { limits, clock };
}

describe('the connections of a client', () => {
  test('are as many as allowed, and one more when one is given back', () => {
    const { limits } = limitsAt();
    const first = limits.admit('user a');
    limits.admit('user a');
    expect(limits.admit('user a')).toBeUndefined();
    first!();
    expect(limits.admit('user a')).toBeDefined();
  });

  test('are given back once, however often that is said', () => {
    const { limits } = limitsAt();
    const first = limits.admit('user a');
    limits.admit('user a');
    first!();
    first!();
    expect(limits.admit('user a')).toBeDefined();
    expect(limits.admit('user a')).toBeUndefined();
  });

  test('do not count for another client', () => {
    const { limits } = limitsAt();
    limits.admit('user a');
    limits.admit('user a');
    expect(limits.admit('user b')).toBeDefined();
  });
});

describe('the operations that a client starts', () => {
  test('may come twice as many at once as there may be a second, and then at that rate', () => {
    const { limits, clock } = limitsAt();
    const started = Array.from({ length: 21 }, () => limits.start('user a'));
    expect(started.slice(0, 20)).toEqual(Array.from({ length: 20 }, () => 0));
    expect(started[20]).toBe(100);
    clock.now += 100;
    expect(limits.start('user a')).toBe(0);
    expect(limits.start('user a')).toBe(100);
    clock.now += 60_000;
    const later = Array.from({ length: 21 }, () => limits.start('user a'));
    expect(later.filter((wait) => wait === 0)).toHaveLength(20);
  });

  test('may come at once as many as run on two connections, however few there may be a second', () => {
    const { limits } = limitsAt(0, 50);
    const started = Array.from({ length: 101 }, () => limits.start('user a'));
    expect(started.filter((wait) => wait === 0)).toHaveLength(100);
  });

  test('get their turns at that rate, one after the other, and none that would be too far away', () => {
    const { limits, clock } = limitsAt();
    const turns = Array.from({ length: 121 }, () => limits.startInTurn('user a'));
    expect(turns.slice(0, 20)).toEqual(Array.from({ length: 20 }, () => 0));
    expect(turns.slice(20, 120)).toEqual(Array.from({ length: 100 }, (_, index) => 100 * (index + 1)));
    expect(turns[120]).toBeUndefined();
    clock.now += 100;
    expect(limits.startInTurn('user a')).toBe(10_000);
    // What waits is not forgotten, and comes before what does not.
    clock.now += 5_000;
    limits.start('user b');
    expect(limits.start('user a')).toBe(5_100);
  });

  test('may start again after the time that a refusal says', () => {
    const { limits, clock } = limitsAt();
    for (let count = 0; count < 20; count += 1) limits.start('user a');
    clock.now += 33;
    clock.now += limits.start('user a');
    expect(limits.start('user a')).toBe(0);
  });

  test('do not count for another client', () => {
    const { limits } = limitsAt();
    for (let count = 0; count < 30; count += 1) limits.start('user a');
    expect(limits.start('user b')).toBe(0);
  });
});
