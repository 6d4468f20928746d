import type { Breaker } from '#shared/ticks/tick.ts';
import type { MarketStatus } from './market-hours.ts';

/** Whether an instrument can be traded: what the calendar says, and in an open market what the circuit breaker says. */
export type TradingStatus = {
  state: MarketStatus['state'] | Breaker['state'];
  /** In words for people. */
  reason: string | null;
  /** Epoch milliseconds; null for a market that never closes, and for a halt without an end. */
  nextChangeAt: number | null;
};

/**
 * The status of an instrument's market at `now`, epoch milliseconds. A market that is closed by the calendar is closed
 * whatever the breaker says; then a halt counts, then a degraded market.
 * @param breaker what the breaker says of the latest price
 */
export function tradingStatus(calendar: MarketStatus, breaker: Breaker | undefined, now: number): TradingStatus {
  if (calendar.state !== 'OPEN' || !breaker || !holds(breaker, now)) return calendar;
  const { state, reason, until } = breaker;
  // Nobody knows when trading goes on: that the market closes first is no answer to it.
  if (until === null && state === 'HALTED') return { state, reason, nextChangeAt: null };
  return { state, reason, nextChangeAt: earlier(until, calendar.nextChangeAt) };
}

export function isSameStatus(one: TradingStatus, other: TradingStatus): boolean {
  return one.state === other.state && one.reason === other.reason && one.nextChangeAt === other.nextChangeAt;
}

function holds({ until }: Breaker, now: number): boolean {
  return until === null || now < until;
}

function earlier(one: number | null, other: number | null): number | null {
  if (one === null || other === null) return one ?? other;
  return Math.min(one, other);
}
