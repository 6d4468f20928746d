import type { UnsequencedTick } from '../ticks/tick.ts';

/** A tick with sensible values where none are given. */
export function aTick(values: Partial<UnsequencedTick> = {}): UnsequencedTick {
  const time = values.time ?? Date.parse('2026-11-20T10:00:00Z');
  const bid = values.bid ?? '4084.00';
  const ask = values.ask ?? '4084.60';
  return {
    symbol: 'XAU-USD',
    bid,
    ask,
    time,
    receivedAt: time,
    quality: 'DEGRADED',
    sources: [{ name: 'test', bid, ask, time }],
    ...values,
  };
}
