import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { createHeartbeats } from './heartbeats.ts';

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

test('every stream beats once an interval, and not all at one moment', () => {
  const heartbeats = createHeartbeats(1_600);
  const beats = Array.from({ length: 32 }, () => 0);
  const stops = beats.map((_, index) => heartbeats.add({ beat: () => void (beats[index]! += 1) }));
  jest.advanceTimersByTime(800);
  expect(beats.filter(Boolean)).toHaveLength(16);
  jest.advanceTimersByTime(800);
  expect(beats).toEqual(beats.map(() => 1));
  for (const stop of stops) stop();
});

test('a stream that has ended beats no more, and the last one stops the clock', () => {
  const heartbeats = createHeartbeats(1_600);
  let beats = 0;
  const stop = heartbeats.add({ beat: () => (beats += 1) });
  expect(jest.getTimerCount()).toBe(1);
  stop();
  stop();
  expect(jest.getTimerCount()).toBe(0);
  jest.advanceTimersByTime(5_000);
  expect(beats).toBe(0);
});
