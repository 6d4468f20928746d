import { describe, expect, it } from '@jest/globals';
import { problemOfTick, statusOf } from './quote.ts';

describe('a quote', () => {
  it('is open until the instant at which it expires, unless an order was placed with it', () => {
    const quote = { orderId: null, expiresAt: 1_000 };
    expect(statusOf(quote, 999)).toBe('OPEN');
    expect(statusOf(quote, 1_000)).toBe('EXPIRED');
    expect(statusOf({ ...quote, orderId: 'order-1' }, 1_000)).toBe('ACCEPTED');
  });
});

describe('a tick', () => {
  const at = { now: 100_000, maxAgeMs: 15_000 };

  it.each(['GOOD', 'DEGRADED'] as const)('that is %s can be promised on until it is too old', (quality) => {
    expect(problemOfTick({ quality, receivedAt: 85_000 }, at)).toBeUndefined();
    expect(problemOfTick({ quality, receivedAt: 84_999 }, at)).toContain('too old');
  });

  it('that is an indication, or stale, cannot', () => {
    expect(problemOfTick({ quality: 'INDICATIVE', receivedAt: 100_000 }, at)).toContain('closed');
    expect(problemOfTick({ quality: 'STALE', receivedAt: 100_000 }, at)).toContain('too old');
  });
});
