import { describe, expect, test } from '@jest/globals';
import { createRates } from './rates.ts';
import { rateHeaders } from './rate-headers.ts';

const visitor = 'address 203.0.113.7';
const user = 'user 7';
const make = (options = {}) => createRates({ anonymousPerSecond: 10, userPerSecond: 20, burstSeconds: 60, ...options });

describe('the budget of a client', () => {
  test('may be used up at once, and not by one more', () => {
    const rates = make();
    expect(rates.take(visitor, 599, 0)).toMatchObject({ remaining: 1, resetMs: 59_900, retryAfterMs: 0 });
    expect(rates.take(visitor, 1, 0)).toMatchObject({ remaining: 0, resetMs: 60_000, retryAfterMs: 0 });
    expect(rates.take(visitor, 1, 0)).toMatchObject({ remaining: 0, resetMs: 60_000, retryAfterMs: 100 });
  });

  test('is not used by what is refused', () => {
    const rates = make();
    rates.take(visitor, 595, 0);
    expect(rates.take(visitor, 6, 0)).toMatchObject({ remaining: 5, retryAfterMs: 100 });
    expect(rates.take(visitor, 5, 0)).toMatchObject({ remaining: 0, retryAfterMs: 0 });
  });

  test('comes back at a steady rate, when a refusal said, and never to more than there was', () => {
    const rates = make();
    rates.take(visitor, 600, 0);
    const { retryAfterMs } = rates.take(visitor, 30, 1_000)!;
    expect(retryAfterMs).toBe(2_000);
    expect(rates.take(visitor, 30, 1_000 + retryAfterMs - 1)!.retryAfterMs).toBe(1);
    expect(rates.take(visitor, 30, 1_000 + retryAfterMs)!.retryAfterMs).toBe(0);
    expect(rates.take(visitor, 0, 1_000_000)).toMatchObject({ remaining: 600, resetMs: 0 });
  });

  test('is enough for what costs more than all of it, when nothing else was asked for', () => {
    const rates = make();
    expect(rates.take(visitor, 900, 0)).toMatchObject({ remaining: 0, retryAfterMs: 0, resetMs: 90_000 });
    expect(rates.take(visitor, 900, 60_000)).toMatchObject({ retryAfterMs: 30_000 });
    expect(rates.take(visitor, 900, 90_000)).toMatchObject({ retryAfterMs: 0 });
  });

  test('is its own, and larger for who is signed in', () => {
    const rates = make();
    rates.take(visitor, 600, 0);
    expect(rates.take(user, 600, 0)).toMatchObject({ remaining: 600, policy: { name: 'user' } });
    expect(rates.take('address 203.0.113.8', 1, 0)).toMatchObject({ remaining: 599, policy: { name: 'anonymous' } });
  });

  test('has no end where there is no limit', () => {
    const rates = make({ anonymousPerSecond: 0 });
    expect(rates.take(visitor, 1e9, 0)).toBeUndefined();
    expect(rates.take(user, 1, 0)).toBeDefined();
  });

  test('is forgotten when it is whole again', () => {
    const rates = make();
    for (let index = 0; index < 1_000; index += 1) rates.take(`user ${index}`, 20, 0);
    expect(rates.clients()).toBe(1_000);
    rates.take(user, 400, 500);
    rates.take(visitor, 1, 15_000);
    expect(rates.clients()).toBe(2);
  });

  test('takes no more memory however many clients there are', () => {
    const rates = make();
    for (let index = 0; index < 150_000; index += 1) rates.take(`address ${index}`, 1, 20_000);
    expect(rates.clients()).toBe(100_000);
    expect(rates.take('address 149999', 600, 20_000)!.retryAfterMs).toBeGreaterThan(0);
  });

  test('is told to the client', () => {
    const rates = make();
    expect(rateHeaders(rates.take(user, 50, 0)!)).toEqual({
      'ratelimit-policy': '"user";q=1200;w=60;qu="cost"',
      ratelimit: '"user";r=1150;t=3',
    });
    rates.take(visitor, 600, 0);
    expect(rateHeaders(rates.take(visitor, 11, 0)!)).toEqual({
      'ratelimit-policy': '"anonymous";q=600;w=60;qu="cost"',
      ratelimit: '"anonymous";r=0;t=60',
      'retry-after': '2',
    });
  });
});
