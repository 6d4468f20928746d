import { describe, expect, test } from '@jest/globals';
import type { Breaker } from '#shared/ticks/tick.ts';
import type { MarketStatus } from './market-hours.ts';
import { isSameStatus, tradingStatus } from './trading-status.ts';

const open: MarketStatus = { state: 'OPEN', reason: null, nextChangeAt: 9_000 };
const neverClosed: MarketStatus = { state: 'OPEN', reason: null, nextChangeAt: null };
const weekend: MarketStatus = { state: 'WEEKEND', reason: 'It is Saturday', nextChangeAt: 9_000 };
const halted = (until: number | null): Breaker => ({ state: 'HALTED', reason: 'Too fast', until });
const degraded = (until: number | null): Breaker => ({ state: 'DEGRADED', reason: 'Fast', until });

describe('the status of a market', () => {
  test('is the calendar’s while the breaker says nothing', () => {
    expect(tradingStatus(open, undefined, 1_000)).toEqual(open);
  });

  test('is closed by the calendar whatever the breaker says', () => {
    expect(tradingStatus(weekend, halted(null), 1_000)).toEqual(weekend);
  });

  test.each([
    ['a halt that ends before the market closes', open, halted(5_000), 'HALTED', 5_000],
    ['a halt that ends after the market closes', open, halted(10_000), 'HALTED', 9_000],
    ['a halt in a market that never closes', neverClosed, halted(5_000), 'HALTED', 5_000],
    ['a halt without an end', open, halted(null), 'HALTED', null],
    ['a degraded market', open, degraded(5_000), 'DEGRADED', 5_000],
    ['a market that is degraded until a tick says otherwise', open, degraded(null), 'DEGRADED', 9_000],
  ])('of %s changes next when it is known to', (_name, calendar, breaker, state, nextChangeAt) => {
    expect(tradingStatus(calendar, breaker, 1_000)).toEqual({ state, reason: breaker.reason, nextChangeAt });
  });

  test('is the calendar’s again at the very end of a halt', () => {
    expect(tradingStatus(open, halted(5_000), 4_999).state).toBe('HALTED');
    expect(tradingStatus(open, halted(5_000), 5_000)).toEqual(open);
  });

  test('is another one when it lasts longer or for another reason', () => {
    const status = tradingStatus(open, halted(5_000), 1_000);
    expect(isSameStatus(status, { ...status })).toBe(true);
    expect(isSameStatus(status, { ...status, nextChangeAt: 5_001 })).toBe(false);
    expect(isSameStatus(status, { ...status, reason: 'Too few sources' })).toBe(false);
    expect(isSameStatus(status, { ...status, state: 'DEGRADED' })).toBe(false);
  });
});
