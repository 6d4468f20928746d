import { describe, expect, test } from '@jest/globals';
import { retryAfterMs } from './retry-after.ts';

const now = Date.parse('2026-11-18T12:00:00Z');

describe('the wait that a provider asks for', () => {
  test('is read from seconds and from dates', () => {
    expect(retryAfterMs('120', now)).toBe(120_000);
    expect(retryAfterMs('Wed, 18 Nov 2026 12:00:30 GMT', now)).toBe(30_000);
  });

  test('is never negative and never longer than the longest ban', () => {
    expect(retryAfterMs('Wed, 18 Nov 2026 11:00:00 GMT', now)).toBe(0);
    expect(retryAfterMs('99999999999', now)).toBe(3 * 86_400_000);
  });

  test('is unknown without a header that can be read', () => {
    expect(retryAfterMs(undefined, now)).toBeUndefined();
    expect(retryAfterMs('soon', now)).toBeUndefined();
  });
});
