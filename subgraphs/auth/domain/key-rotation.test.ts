import { describe, expect, test } from '@jest/globals';
import { planRotation, publishAheadMs, signingKeyAt } from './key-rotation.ts';

const now = new Date('2026-11-20T10:00:00Z');
const day = 86_400_000;
const at = (milliseconds: number) => new Date(now.getTime() + milliseconds);
const times = { rotateAfterMs: 30 * day, tokenLifetimeMs: 600_000 };
const key = (kid: string, signsFromMs: number, usable = true) => ({ kid, signsFrom: at(signsFromMs), usable });
const plan = (...keys: ReturnType<typeof key>[]) => planRotation(keys, now, times);

describe('the rotation of signing keys', () => {
  test('begins with a key that signs at once', () => {
    expect(plan()).toEqual({ create: { signsFrom: now }, remove: [] });
  });

  test('publishes the next key before it signs, and then waits', () => {
    expect(plan(key('a', -30 * day + publishAheadMs + 1))).toEqual({ create: undefined, remove: [] });
    expect(plan(key('a', -30 * day + publishAheadMs))).toEqual({
      create: { signsFrom: at(publishAheadMs) },
      remove: [],
    });
    expect(plan(key('a', -30 * day), key('b', publishAheadMs))).toEqual({ create: undefined, remove: [] });
  });

  test('gives verifiers time to learn of the next key even when it is late', () => {
    expect(plan(key('a', -300 * day)).create).toEqual({ signsFrom: at(publishAheadMs) });
  });

  test('keeps an old key until its last token has expired, on slow clocks too', () => {
    const begun = -600_000 - 3_600_000;
    expect(plan(key('a', -30 * day), key('b', begun + 1)).remove).toEqual([]);
    expect(plan(key('a', -30 * day), key('b', begun)).remove).toEqual(['a']);
  });

  test('replaces keys that cannot be opened, and only then removes them', () => {
    expect(plan(key('a', -day, false))).toEqual({ create: { signsFrom: now }, remove: [] });
    expect(plan(key('a', -2 * day, false), key('b', -day)).remove).toEqual(['a']);
    expect(plan(key('a', -2 * day), key('b', -day, false))).toEqual({ create: undefined, remove: [] });
  });

  test('makes no second key where the clock of the server that made the first is ahead', () => {
    const keys = [key('a', 5_000)];
    expect(plan(...keys)).toEqual({ create: undefined, remove: [] });
    expect(signingKeyAt(keys, now)?.kid).toBe('a');
  });

  test('lets the key sign that began last', () => {
    const keys = [key('b', -1), key('c', 1), key('a', -2)];
    expect(signingKeyAt(keys, now)?.kid).toBe('b');
    expect(signingKeyAt(keys, at(1))?.kid).toBe('c');
    expect(signingKeyAt([], now)).toBeUndefined();
  });
});
