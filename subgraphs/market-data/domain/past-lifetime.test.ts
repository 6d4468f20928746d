import { expect, test } from '@jest/globals';
import { pastLifetime } from './past-lifetime.ts';

const watermarkMs = 2_000;

test.each([
  ['is not over', 1, 0],
  ['is over, but not for late ticks', -1_999, 0],
  ['is over', -2_000, 10],
  ['was over an hour ago', -3_600_000, 300],
  ['was over long ago', -1e12, 300],
])('what is known of a time that %s is kept accordingly', (_what, endedAt, seconds) => {
  expect(pastLifetime(endedAt, 0, watermarkMs)).toBe(seconds);
});
